// One message as a bubble.

import { avatar, icon, make } from './elements.js'
import { poll } from './polls.js'
import { formatted } from './text.js'
import { clock, say } from './words.js'

const fileUrl = (id) => `/control/files/${encodeURIComponent(id)}`

// `view` says who looks: { me, inGroup, onCommand, onPress, onVote, onEdit, onReply, onJump }.
export function bubble(message, view) {
  const own = message.from.id === view.me
  const text = message.text ?? message.caption ?? topicEvent(message)
  const entities = message.entities ?? message.caption_entities
  const media = attachment(message)
  const bare = Boolean(message.sticker) && !text
  const body = make('div', { class: `bubble${bare ? ' bare' : ''}${media && message.photo ? ' pictured' : ''}`, tabindex: '-1' },
    view.inGroup && !own ? make('strong', { class: 'author' }, nameOf(message.from)) : null,
    message.forward_origin ? make('span', { class: 'forwarded' }, nameOf(message.forward_origin.sender_user)) : null,
    quote(message, view),
    media,
    message.poll ? poll(message, view) : null,
    text ? make('div', { class: 'text', dir: 'auto' }, formatted(text, entities, view.onCommand)) : null,
    stamp(message))
  return make('li', { class: own ? 'out' : 'in', 'data-id': message.message_id },
    view.inGroup && !own ? face(message.from) : null,
    make('div', { class: 'column' }, make('div', { class: 'line' }, body, actions(message, own, view)), keyboard(message, view)))
}

function topicEvent(message) {
  if (message.forum_topic_created) return message.forum_topic_created.name
  if (message.forum_topic_closed) return say('topicClosed')
  return message.forum_topic_reopened ? say('topicReopened') : undefined
}

function face(user) {
  return user.is_bot ? make('span', { class: 'avatar bot', 'aria-hidden': 'true' }, icon('sprout')) : avatar(nameOf(user), user.id)
}

export function nameOf(user) {
  return [user.first_name, user.last_name].filter(Boolean).join(' ')
}

export function summary(message) {
  if (!message) return say('noMessages')
  const kind = ['photo', 'voice', 'document', 'sticker', 'location'].find((name) => message[name])
  return [kind ? say(kind) : '', message.text ?? message.caption ?? message.poll?.question ?? topicEvent(message) ?? ''].filter(Boolean).join(' · ')
}

function stamp(message) {
  const edited = message.edit_date ? make('span', {}, say('edited')) : null
  const time = make('time', { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date))
  return make('span', { class: 'stamp' }, edited, time)
}

function quote(message, view) {
  const answered = message.reply_to_message
  if (!answered) return null
  return make('button', { type: 'button', class: 'quote', onclick: () => view.onJump(answered.message_id) },
    make('strong', {}, answered.from.id === view.me ? say('you') : nameOf(answered.from)), make('span', {}, summary(answered)))
}

function attachment(message) {
  if (message.photo) return picture(message.photo.at(-1), say('photo'), 'photo')
  if (message.sticker) return picture(message.sticker, message.sticker.emoji || say('sticker'), 'sticker')
  if (message.document) return card('file', message.document.file_name || say('document'), size(message.document.file_size), fileUrl(message.document.file_id))
  if (message.voice) return card('voice', say('voice'), `0:${String(message.voice.duration).padStart(2, '0')}`)
  if (message.location) return card('place', say('location'), `${message.location.latitude}, ${message.location.longitude}`)
  return null
}

function picture(file, description, kind) {
  return make('img', { class: kind, src: fileUrl(file.file_id), alt: description, width: file.width, height: file.height })
}

function card(iconName, title, detail, url) {
  const inside = [make('span', { class: 'round' }, icon(iconName)), make('span', { class: 'about' }, make('strong', {}, title), make('small', {}, detail))]
  return url ? make('a', { class: 'card', href: url, download: title }, ...inside) : make('div', { class: 'card' }, ...inside)
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`
}

function actions(message, own, view) {
  const reply = make('button', { type: 'button', class: 'icon', title: say('reply'), 'aria-label': say('reply'), onclick: view.onReply }, icon('reply'))
  const edit = make('button', { type: 'button', class: 'icon', title: say('edit'), 'aria-label': say('edit'), onclick: view.onEdit }, icon('edit'))
  return make('div', { class: 'actions' }, reply, own && message.text ? edit : null)
}

function keyboard(message, view) {
  const rows = message.reply_markup?.inline_keyboard
  if (!rows) return null
  return make('div', { class: 'keyboard' }, ...rows.map((buttons, row) => make('div', { class: 'row' },
    ...buttons.map((button, column) => key(button, (element) => view.onPress(message, button, { row, column }, element))))))
}

function key(button, press) {
  if (button.url) {
    const target = /^https?:/i.test(button.url) ? button.url : /^[a-z]+:/i.test(button.url) ? null : `https://${button.url}`
    if (target) return make('a', { class: 'key', href: target, target: '_blank', rel: 'noopener noreferrer' }, make('span', {}, button.text), icon('link'))
  }
  return make('button', { type: 'button', class: 'key', onclick: (event) => press(event.currentTarget) }, make('span', {}, button.text))
}
