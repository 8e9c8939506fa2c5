// The menu of the bot's commands, over the input.

import { grow, write } from './composer.js'
import { find, make } from './elements.js'
import { here } from './here.js'
import { closePopups } from './popups.js'

const input = find('input')

// Those that begin like what is typed. They may become known only after it was typed.
export function offerCommands() {
  const typed = input.value.match(/^\/(\w*)$/)
  if (typed) showCommands(typed[1])
}

export function showCommands(prefix) {
  const popup = find('commands')
  const found = here.menu.commands.filter(({ command }) => command.startsWith(prefix))
  popup.hidden = !found.length
  popup.replaceChildren(...found.map(({ command, description }, index) => make('button', { type: 'button', role: 'option', 'aria-selected': String(index === 0), onclick: () => runCommand(command) }, make('strong', {}, `/${command}`), make('span', {}, description))))
}

function runCommand(command) {
  closePopups()
  input.value = ''
  grow()
  write(`/${command}`)
  input.focus()
}

export function moveCommand(step) {
  const items = [...find('commands').children]
  const now = items.findIndex((item) => item.getAttribute('aria-selected') === 'true')
  const next = (now + step + items.length) % items.length
  items.forEach((item, index) => item.setAttribute('aria-selected', String(index === next)))
  items[next].scrollIntoView({ block: 'nearest' })
}
