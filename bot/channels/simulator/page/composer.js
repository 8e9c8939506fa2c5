// What a person does: write, answer, edit, press, send files.

import { toEnd } from './chat.js'
import { moveCommand, offerCommands, showCommands } from './commands.js'
import { find, label } from './elements.js'
import { here, place } from './here.js'
import { nameOf, summary } from './messages.js'
import { fail, toast } from './notices.js'
import { closePopups, toggle } from './popups.js'
import { tell } from './server.js'
import { say } from './words.js'

const KINDS = { photo: 'photo', voice: 'voice', document: 'file', sticker: 'sticker', location: 'place' }
const ACCEPTED = { photo: 'image/*', sticker: 'image/*', voice: 'audio/*', document: '' }
const input = find('input')
const busy = new Map()
let chosenKind = 'document'

export async function write(text) {
  const context = here.context
  try {
    if (context?.kind === 'edit') await tell('edit', { ...place(), text, message_id: context.message.message_id })
    else await tell('say', { ...place(), text, ...(context ? { reply_to: context.message.message_id } : {}) })
    leaveContext()
    toEnd(true)
  } catch (error) { input.value ||= text; fail(error) }
}

export async function press(message, button, where, element) {
  if (button.copy_text) { await navigator.clipboard?.writeText(button.copy_text.text); return toast(say('copied')) }
  try {
    const pressed = await tell('press', { ...place(), message_id: message.message_id, label: button.text, ...where })
    if (!pressed.callback_query_id) return
    element.classList.add('busy')
    busy.set(pressed.callback_query_id, element)
    setTimeout(() => release(pressed.callback_query_id), 10000)
  } catch (error) { fail(error) }
}

export async function vote(message, option) {
  try { await tell('vote', { ...place(), message_id: message.message_id, option: option.text }) } catch (error) { fail(error) }
}

export function release(query) {
  busy.get(query)?.classList.remove('busy')
  busy.delete(query)
}

async function upload(kind, file) {
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...place(), kind, caption: input.value.trim() })) form.append(name, value)
  if (file) form.append('file', file)
  try { await tell('upload', form); input.value = ''; grow(); toEnd(true) } catch (error) { fail(error) }
}

export function grow() {
  input.style.height = 'auto'
  input.style.height = `${input.scrollHeight}px`
  find('composer').classList.toggle('empty', !input.value.trim())
}

export function setContext(kind, message) {
  here.context = { kind, message }
  find('context').hidden = false
  find('context-icon').setAttribute('href', `#i-${kind}`)
  find('context-title').textContent = kind === 'edit' ? say('editing') : `${say('replying')} ${nameOf(message.from)}`
  find('context-text').textContent = summary(message)
  if (kind === 'edit') { input.value = message.text; grow() }
  label('send', say(kind === 'edit' ? 'save' : 'send'), 'send')
  input.focus()
}

export function leaveContext() {
  if (here.context?.kind === 'edit') { input.value = ''; grow() }
  here.context = null
  find('context').hidden = true
  label('send', say('send'), 'send')
}

export function drawFooter() {
  const start = find('start')
  const shown = !here.inGroup && (here.me.blocked || here.empty)
  start.hidden = !shown
  find('composer').hidden = shown
  start.textContent = here.me.blocked ? say('unblock') : say('start')
}

function attach(kind) {
  if (kind === 'location') return upload(kind)
  chosenKind = kind
  find('file').accept = ACCEPTED[kind]
  find('file').click()
}

find('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = input.value.trim()
  if (!text) return
  input.value = ''
  grow()
  closePopups()
  write(text)
})
input.addEventListener('input', () => { grow(); closePopups(); offerCommands() })
input.addEventListener('keydown', (event) => {
  const open = !find('commands').hidden
  if (event.key === 'Escape') { closePopups(); leaveContext() }
  else if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) { event.preventDefault(); moveCommand(event.key === 'ArrowDown' ? 1 : -1) }
  else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    if (open) find('commands').querySelector('[aria-selected="true"]').click()
    else find('composer').requestSubmit()
  } else if (event.key === 'ArrowUp' && !input.value) {
    const own = [...find('messages').querySelectorAll('li.out')].at(-1)?.querySelector('.actions .icon:nth-child(2)')
    if (own) { event.preventDefault(); own.click() }
  }
})
find('open-commands').addEventListener('click', () => { const open = find('commands').hidden; closePopups(); if (open) { showCommands(''); input.focus() } })
find('attach').addEventListener('click', () => toggle(find('attach-menu'), find('attach'), Object.entries(KINDS).map(([kind, symbol]) => [say(kind), symbol, () => attach(kind)])))
find('file').addEventListener('change', () => { const [file] = find('file').files; if (file) upload(chosenKind, file); find('file').value = '' })
find('context-close').addEventListener('click', leaveContext)
find('start').addEventListener('click', async () => {
  if (here.me.blocked) await tell('block', { person: here.me.key, blocked: false }).catch(fail)
  else write('/start')
})
