// The list of people one can be, and a new one.

import { avatar, find, make } from './elements.js'
import { here } from './here.js'
import { nameOf, summary } from './messages.js'
import { fail } from './notices.js'
import { read, tell } from './server.js'
import { clock } from './words.js'

export async function loadPeople() {
  const found = await read('people')
  here.people = found.people
  here.group = found.group
  if (here.me) here.me = here.people.find((person) => person.key === here.me.key) || here.people[0]
  drawPeople()
}

export function drawPeople() {
  if (!here.me) return
  find('people-list').replaceChildren(...here.people.map((person) => row(person, `#${person.key}`, !here.inGroup && person.key === here.me.key)))
  find('group-list').replaceChildren(row({ ...here.group, first_name: here.group.title }, `#${here.me.key}/group`, here.inGroup))
}

function row(person, hash, current) {
  const name = nameOf(person)
  const unread = here.unread.get(person.chat_id)
  const last = person.last
  const tag = { 'zh-hans': '中文', id: 'ID', en: 'EN' }[person.language_code]
  return make('li', {}, make('button', { type: 'button', class: 'person', 'aria-current': String(current), onclick: () => { location.hash = hash; showPeople(false) } },
    avatar(name, person.chat_id),
    make('span', { class: 'about' },
      make('span', { class: 'top' }, make('strong', {}, name), last ? make('time', {}, clock(last.date)) : null),
      make('span', { class: 'bottom' }, make('span', { class: 'last' }, summary(last)), tag ? make('span', { class: 'flag' }, tag) : null,
        unread ? make('span', { class: 'badge' }, String(unread)) : null))))
}

export function showPeople(open) {
  find('people').classList.toggle('open', open)
  find('open-people').setAttribute('aria-expanded', String(open))
  if (open) find('people-list').querySelector('[aria-current="true"], button')?.focus()
}

for (const id of ['open-people', 'me']) find(id).addEventListener('click', () => showPeople(true))
for (const id of ['close-people', 'scrim']) find(id).addEventListener('click', () => showPeople(false))
find('add-person').addEventListener('click', () => { find('new-person-form').reset(); find('new-person').showModal() })
find('new-person').addEventListener('close', async () => {
  const form = new FormData(find('new-person-form'))
  if (find('new-person').returnValue !== 'create' || !form.get('name').trim()) return
  try {
    const person = await tell('people', { name: form.get('name').trim(), language: form.get('language') })
    await loadPeople()
    showPeople(false)
    location.hash = `#${person.key}`
  } catch (error) { fail(error) }
})
