// The page's own words, in the language of the person who is chatting.

const WORDS = {
  id: {
    record: 'Rekam percakapan', recordHint: 'Percakapan ini sebagai skrip. Simpan, baca, lalu hapus yang tidak harus begitu.', copy: 'Salin',
    people: 'Anda menjadi', group: 'Grup', newPerson: 'Orang baru', bot: 'bot', typing: 'sedang mengetik…',
    upload_photo: 'sedang mengirim foto…', upload_document: 'sedang mengirim file…', placeholder: 'Tulis pesan',
    send: 'Kirim', save: 'Simpan', attach: 'Lampirkan', commands: 'Perintah', start: 'Mulai', startOver: 'Mulai dari awal',
    block: 'Blokir bot', unblock: 'Buka blokir', edited: 'diedit', editing: 'Mengedit pesan', replying: 'Membalas',
    cancel: 'Batal', close: 'Tutup', create: 'Buat', name: 'Nama', language: 'Bahasa', today: 'Hari ini', yesterday: 'Kemarin',
    photo: 'Foto', voice: 'Pesan suara', document: 'Dokumen', sticker: 'Stiker', location: 'Lokasi', edit: 'Edit', reply: 'Balas',
    toEnd: 'Ke pesan terbaru', more: 'Menu', as: 'sebagai {name}', members: '{count} anggota', what: 'Apa yang bisa dilakukan bot ini?',
    sure: 'Kosongkan obrolan {name} dan mulai sebagai orang yang belum dikenal bot?', yes: 'Ya, mulai dari awal',
    noMessages: 'Belum ada pesan', you: 'Anda', lost: 'Sambungan ke simulator terputus, mencoba lagi…',
    groupHint: 'Di grup, bot hanya melihat perintah, balasan kepadanya, dan pesan yang menyebut @{bot}.',
    copied: 'Disalin', topicClosed: 'Topik ditutup', topicReopened: 'Topik dibuka lagi', quiz: 'Kuis', poll: 'Jajak pendapat', pollClosed: 'Sudah ditutup', failed: 'Tidak terkirim', switchPerson: 'Ganti orang',
  },
  en: {
    record: 'Record', recordHint: 'This chat as a script. Save it, read it, and strike out what need not be so.', copy: 'Copy',
    people: 'You are', group: 'Group', newPerson: 'New person', bot: 'bot', typing: 'typing…',
    upload_photo: 'sending a photo…', upload_document: 'sending a file…', placeholder: 'Write a message',
    send: 'Send', save: 'Save', attach: 'Attach', commands: 'Commands', start: 'Start', startOver: 'Start over',
    block: 'Block the bot', unblock: 'Unblock', edited: 'edited', editing: 'Edit message', replying: 'Reply to',
    cancel: 'Cancel', close: 'Close', create: 'Create', name: 'Name', language: 'Language', today: 'Today', yesterday: 'Yesterday',
    photo: 'Photo', voice: 'Voice message', document: 'Document', sticker: 'Sticker', location: 'Location', edit: 'Edit', reply: 'Reply',
    toEnd: 'To the newest message', more: 'Menu', as: 'as {name}', members: '{count} members', what: 'What can this bot do?',
    sure: 'Empty the chat of {name} and start as someone the bot has never met?', yes: 'Yes, start over',
    noMessages: 'No messages yet', you: 'You', lost: 'The connection to the simulator is lost, trying again…',
    groupHint: 'In a group, the bot sees only commands, replies to it, and messages that mention @{bot}.',
    copied: 'Copied', topicClosed: 'Topic closed', topicReopened: 'Topic opened again', quiz: 'Quiz', poll: 'Poll', pollClosed: 'Closed', failed: 'Not sent', switchPerson: 'Switch person',
  },
  zh: {
    record: '录制', recordHint: '把这段聊天存成脚本。保存后请检查，删去不必如此的内容。', copy: '复制',
    people: '您的身份', group: '群组', newPerson: '新用户', bot: '机器人', typing: '正在输入…',
    upload_photo: '正在发送图片…', upload_document: '正在发送文件…', placeholder: '输入消息',
    send: '发送', save: '保存', attach: '附件', commands: '命令', start: '开始', startOver: '重新开始',
    block: '屏蔽机器人', unblock: '取消屏蔽', edited: '已编辑', editing: '编辑消息', replying: '回复',
    cancel: '取消', close: '关闭', create: '创建', name: '姓名', language: '语言', today: '今天', yesterday: '昨天',
    photo: '图片', voice: '语音消息', document: '文件', sticker: '贴纸', location: '位置', edit: '编辑', reply: '回复',
    toEnd: '最新消息', more: '菜单', as: '身份：{name}', members: '{count} 位成员', what: '这个机器人能做什么？',
    sure: '清空{name}的聊天，并以机器人不认识的新用户身份重新开始？', yes: '重新开始',
    noMessages: '暂无消息', you: '您', lost: '与模拟器的连接已断开，正在重试…',
    groupHint: '在群组中，机器人只能看到命令、对它的回复，以及提到 @{bot} 的消息。',
    copied: '已复制', topicClosed: '话题已关闭', topicReopened: '话题已重新打开', quiz: '测验', poll: '投票', pollClosed: '已结束', failed: '未发送', switchPerson: '切换身份',
  },
}

const LOCALES = { id: 'id-ID', en: 'en-GB', zh: 'zh-CN' }
let language = 'id'

export function speak(code) {
  const two = (code || 'id').slice(0, 2)
  language = two in WORDS ? two : 'en'
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language
}

export function say(name, values = {}) {
  return (WORDS[language][name] || WORDS.en[name] || '').replace(/\{(\w+)\}/g, (_, key) => values[key] ?? '')
}

export function clock(seconds) {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: '2-digit', minute: '2-digit', hour12: false }).format(seconds * 1000)
}

export function day(seconds) {
  const date = new Date(seconds * 1000)
  const ago = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000)
  if (ago === 0) return say('today')
  if (ago === 1) return say('yesterday')
  return new Intl.DateTimeFormat(LOCALES[language], { day: 'numeric', month: 'long', year: 'numeric' }).format(date)
}
