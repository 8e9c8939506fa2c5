// The open chat: its messages, and where it is scrolled to.

import { drawFooter, press, setContext, vote, write } from './composer.js'
import { find, icon, make } from './elements.js'
import { chatKey, here, menuPath } from './here.js'
import { bubble } from './messages.js'
import { read } from './server.js'
import { day, say } from './words.js'

const list = find('messages')
const scroll = find('scroll')
let loading = false
let stale = false

export async function drawChat() {
  if (loading) { stale = true; return }
  loading = true
  try {
    do { stale = false; await load() } while (stale)
  } finally { loading = false }
  if (matchMedia('(hover: hover)').matches && find('start').hidden) find('input').focus()
}

// Whatever happens while a chat is loading may be missing in it: then it is loaded once more.
export function isLoading() {
  if (loading) stale = true
  return loading
}

async function load() {
  const [chat, menu] = await Promise.all([read(`chats/${chatKey()}`), read(menuPath())])
  here.menu = menu
  here.votes = chat.votes
  here.empty = chat.messages.length === 0
  list.setAttribute('aria-live', 'off')
  list.replaceChildren()
  if (here.inGroup) list.append(make('li', { class: 'hint' }, make('span', {}, say('groupHint', { bot: menu.username }))))
  for (const message of chat.messages) append(message)
  if (here.empty && !here.inGroup) list.append(intro())
  drawFooter()
  toEnd()
  setTimeout(() => list.setAttribute('aria-live', 'polite'), 300)
}

function intro() {
  const face = make('span', { class: 'avatar bot' }, icon('sprout'))
  return make('li', { class: 'intro' }, face, make('strong', {}, here.menu.description ? say('what') : here.menu.name), here.menu.description ? make('p', {}, here.menu.description) : null)
}

function draw(message) {
  return bubble(message, {
    me: here.me.id, inGroup: here.inGroup, onCommand: (text) => write(text), onPress: press, onVote: vote,
    onEdit: () => setContext('edit', message), onReply: () => setContext('reply', message), onJump: jump,
  })
}

export function append(message) {
  const days = list.querySelectorAll('li.day')
  const name = day(message.date)
  if (days[days.length - 1]?.textContent !== name) list.append(make('li', { class: 'day' }, make('span', {}, name)))
  const element = draw(message)
  holdable(element)
  list.append(element)
  return element
}

export function redraw(message) {
  const old = bubbleOf(message.message_id)
  if (!old) return
  const follow = near()
  const element = draw(message)
  holdable(element)
  old.replaceWith(element)
  if (follow) toEnd()
}

function holdable(element) {
  let timer = 0
  const hold = () => { list.querySelectorAll('.held').forEach((held) => held.classList.remove('held')); element.classList.add('held') }
  element.addEventListener('touchstart', () => { timer = setTimeout(hold, 450) }, { passive: true })
  for (const name of ['touchend', 'touchmove', 'touchcancel']) element.addEventListener(name, () => clearTimeout(timer), { passive: true })
  element.addEventListener('contextmenu', (event) => { if (!event.target.closest('a')) { event.preventDefault(); hold() } })
}

export const bubbleOf = (id) => list.querySelector(`li[data-id="${id}"]`)
export const near = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120
export function toEnd(smooth) { scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth ? 'smooth' : 'instant' }) }

function jump(id) {
  const target = bubbleOf(id)
  target?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  const body = target?.querySelector('.bubble')
  body?.classList.remove('flash')
  requestAnimationFrame(() => body?.classList.add('flash'))
}

find('to-end').addEventListener('click', () => toEnd(true))
scroll.addEventListener('scroll', () => { find('to-end').hidden = near() }, { passive: true })
