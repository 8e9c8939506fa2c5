// Small menus over the page.

import { find, icon, make } from './elements.js'

export function toggle(popup, opener, items) {
  const open = popup.hidden
  closePopups()
  if (!open) return
  popup.replaceChildren(...items.map(([text, symbol, act]) => make('button', { type: 'button', role: 'menuitem', onclick: () => { closePopups(); act() } }, icon(symbol), text)))
  popup.hidden = false
  opener.setAttribute('aria-expanded', 'true')
  popup.querySelector('button')?.focus()
}

export function closePopups() {
  for (const id of ['menu', 'attach-menu', 'commands']) find(id).hidden = true
  for (const id of ['open-menu', 'attach']) find(id).setAttribute('aria-expanded', 'false')
}
