// Who is chatting, and where: shared by the parts of the page.

export const here = {
  people: [],
  group: null,
  me: null,
  inGroup: false,
  menu: { commands: [] },
  empty: false,
  connected: true,
  context: null,
  unread: new Map(),
  votes: {},
}

export const chatId = () => (here.inGroup ? here.group.chat_id : here.me.chat_id)
export const chatKey = () => (here.inGroup ? 'group' : here.me.key)
export const place = () => ({ person: here.me.key, ...(here.inGroup ? { chat: 'group' } : {}) })
export const menuPath = () => `menu/${here.me.key}${here.inGroup ? '?chat=group' : ''}`
