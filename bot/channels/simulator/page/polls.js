// A poll or a quiz inside a message: options to choose, then who chose what.

import { make } from './elements.js'
import { here } from './here.js'
import { say } from './words.js'

// `view` says who looks, and what a choice does: { me, onVote }.
export function poll(message, view) {
  const asked = message.poll
  const votes = here.votes[asked.id] || {}
  const mine = votes[view.me]
  const kind = say(asked.is_closed ? 'pollClosed' : asked.type === 'quiz' ? 'quiz' : 'poll')
  return make('div', { class: 'poll' },
    make('strong', { dir: 'auto' }, asked.question),
    make('small', {}, kind),
    ...asked.options.map((option, place) => (mine || asked.is_closed ? result : choice)(asked, option, place, { ...view, mine: mine || [], message })),
    mine && asked.explanation ? make('p', { class: 'explanation', dir: 'auto' }, asked.explanation) : null)
}

function choice(asked, option, place, { message, onVote }) {
  return make('button', { type: 'button', class: 'option', onclick: () => onVote(message, option) }, make('span', { class: 'ring', 'aria-hidden': 'true' }), option.text)
}

function result(asked, option, place, { mine }) {
  const right = asked.correct_option_ids?.includes(place)
  const chosen = mine.includes(place)
  const mark = asked.type === 'quiz' ? (right ? '✓' : chosen ? '✗' : '') : chosen ? '✓' : ''
  const share = asked.total_voter_count ? Math.round(100 * option.voter_count / asked.total_voter_count) : 0
  const wrong = asked.type === 'quiz' && chosen && !right
  return make('div', { class: `option done${right ? ' right' : ''}${wrong ? ' wrong' : ''}` }, make('span', { class: 'share' }, mark || `${share}%`), option.text)
}
