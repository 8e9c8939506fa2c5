// What the page says by itself: the line under the name, and toasts.

import { find } from './elements.js'
import { here } from './here.js'
import { nameOf } from './messages.js'
import { say } from './words.js'

let typing = 0
let toasting = 0

export function setTyping(text) {
  clearTimeout(typing)
  const status = find('status')
  status.classList.toggle('busy', Boolean(text))
  status.classList.toggle('lost', !here.connected)
  status.textContent = !here.connected ? say('lost') : text || (here.inGroup ? `${say('members', { count: here.people.length + 1 })} · ${say('as', { name: nameOf(here.me) })}` : say('bot'))
  if (text) typing = setTimeout(() => setTyping(''), 5500)
}

export function toast(text) {
  const element = find('toast')
  clearTimeout(toasting)
  element.hidden = true
  element.textContent = text
  requestAnimationFrame(() => { element.hidden = false })
  toasting = setTimeout(() => { element.hidden = true }, 3200 + text.length * 25)
}

export function fail(error) {
  toast(`${say('failed')}: ${error.message}`)
}
