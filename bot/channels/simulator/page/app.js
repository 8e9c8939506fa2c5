// Puts the page together: who enters which chat, and what happens there.

import { append, bubbleOf, drawChat, isLoading, near, redraw, toEnd } from './chat.js'
import { offerCommands } from './commands.js'
import { drawFooter, grow, leaveContext, release } from './composer.js'
import { avatar, find, icon, label, make } from './elements.js'
import { chatId, here, menuPath } from './here.js'
import { nameOf } from './messages.js'
import { fail, setTyping, toast } from './notices.js'
import { drawPeople, loadPeople, showPeople } from './people.js'
import { closePopups, toggle } from './popups.js'
import { record } from './record.js'
import { listen, read, tell } from './server.js'
import { say, speak } from './words.js'

const list = find('messages')
const input = find('input')

async function enter() {
  const [key, group] = decodeURIComponent(location.hash.slice(1)).split('/')
  here.me = here.people.find((person) => person.key === key) || here.people[0]
  here.inGroup = group === 'group' || key === 'group'
  speak(here.me.language_code)
  leaveContext()
  here.unread.delete(chatId())
  drawWords()
  drawPeople()
  await drawChat()
  drawWords()
  offerCommands()
}

function drawWords() {
  document.title = `Akar · ${nameOf(here.me)}`
  for (const [id, name] of Object.entries({ 'people-title': 'people', 'group-title': 'group', 'alert-close': 'close', 'new-person-title': 'newPerson', 'new-person-name': 'name', 'new-person-language': 'language', 'new-person-cancel': 'cancel', 'new-person-create': 'create', 'sure-no': 'cancel', 'sure-yes': 'yes' })) find(id).textContent = say(name)
  find('add-person').replaceChildren(icon('add'), say('newPerson'))
  for (const [id, [name, symbol]] of Object.entries({ 'open-people': ['switchPerson', 'people'], 'close-people': ['close', 'close'], 'open-menu': ['more', 'menu'], 'to-end': ['toEnd', 'down'], attach: ['attach', 'attach'], 'context-close': ['cancel', 'close'], send: ['send', 'send'] })) label(id, say(name), symbol)
  label('open-commands', say('commands'))
  input.placeholder = say('placeholder')
  input.setAttribute('aria-label', say('placeholder'))
  find('me').replaceChildren(avatar(nameOf(here.me), here.me.chat_id), make('span', {}, nameOf(here.me)))
  label('me', `${say('people')} ${nameOf(here.me)}`)
  find('bot-name').textContent = here.inGroup ? here.group.title : here.menu.name || 'Akar'
  const face = find('bot-avatar')
  face.classList.toggle('bot', !here.inGroup)
  face.style.backgroundColor = here.inGroup ? '#0f766e' : ''
  face.replaceChildren(here.inGroup ? 'GU' : icon('sprout'))
  setTyping('')
}

const HAPPENINGS = {
  message({ message }) {
    const id = message.chat.id
    remember(id, message)
    if (id !== chatId() || isLoading()) return
    if (here.empty) { here.empty = false; list.querySelector('.intro')?.remove(); drawFooter() }
    const follow = near() || message.from.id === here.me.id
    append(message).classList.add('new')
    if (message.from.is_bot) setTyping('')
    if (follow) toEnd(true)
  },
  edit({ message }) {
    remember(message.chat.id, message, true)
    if (message.chat.id === chatId() && !isLoading()) redraw(message)
  },
  delete({ chat_id: id, message_id: number }) { if (id === chatId() && !isLoading()) bubbleOf(number)?.remove() },
  action({ chat_id: id, action }) { if (id === chatId()) setTyping(say(action) || say('typing')) },
  vote({ poll, person, options }) { here.votes[poll] = { ...here.votes[poll], [person]: options } },
  toast(event) {
    release(event.query)
    if (event.person !== here.me.key || !event.text) return
    if (event.alert) { find('alert-text').textContent = event.text; find('alert').showModal() } else toast(event.text)
  },
  people() { loadPeople().then(() => { drawWords(); drawFooter() }) },
  profile() { read(menuPath()).then((menu) => { here.menu = menu; drawWords(); offerCommands(); if (here.empty) drawChat() }) },
  reset() { loadPeople().then(enter) },
}

function remember(id, message, edited) {
  const owner = here.people.find((person) => person.chat_id === id) || (here.group.chat_id === id ? here.group : null)
  if (!owner) { loadPeople(); return }
  if (!edited || owner.last?.message_id === message.message_id) owner.last = message
  const seen = id === chatId() || edited || !message.from.is_bot
  if (!seen) here.unread.set(id, (here.unread.get(id) || 0) + 1)
  drawPeople()
}

find('open-menu').addEventListener('click', () => toggle(find('menu'), find('open-menu'), [
  [say('startOver'), 'reply', startOver],
  ...(here.inGroup ? [] : [[say('record'), 'record', record]]),
  [say(here.me.blocked ? 'unblock' : 'block'), 'close', () => tell('block', { person: here.me.key, blocked: !here.me.blocked }).catch(fail)],
]))
document.addEventListener('click', (event) => {
  if (!event.target.closest('.popup, #open-menu, #attach, #open-commands, #input')) closePopups()
  if (!event.target.closest('li.held')) list.querySelectorAll('.held').forEach((held) => held.classList.remove('held'))
})
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') { closePopups(); showPeople(false) } })
addEventListener('hashchange', () => enter().catch(fail))

function startOver() {
  find('sure-text').textContent = say('sure', { name: nameOf(here.me) })
  const dialog = find('sure')
  dialog.returnValue = 'no'
  dialog.showModal()
  dialog.addEventListener('close', () => { if (dialog.returnValue === 'yes') tell('reset', { person: here.me.key, new: true }).catch(fail) }, { once: true })
}

grow()
listen((event) => { if (here.me) HAPPENINGS[event.type]?.(event) }, (open) => {
  here.connected = open
  if (open) loadPeople().then(enter).catch(fail)
  else if (here.me) setTyping('')
})
