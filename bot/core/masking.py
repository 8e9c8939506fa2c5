"""Takes what tells who somebody is out of what people type, before it is kept."""

import re
from collections.abc import Container, Iterator
from functools import partial


def mask(text: str) -> str:
    """Replace personal data by placeholders such as `‹phone›`; masking again changes nothing."""
    masked = _once(text)
    while masked != text:  # What is gone may have kept its neighbour from being seen.
        text, masked = masked, _once(masked)
    return masked


def unmarked(masked: str) -> str:
    """Return a masked text without its placeholders, as it is searched for."""
    return _PLACEHOLDER.sub(" ", masked).strip()


def tells_secrets(masked: str) -> bool:
    """Say whether a masked text told what should be told to nobody: numbers, codes, contacts."""
    return any(placeholder["kind"] in _SECRET for placeholder in _PLACEHOLDER.finditer(masked))


def found(text: str, kinds: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield the personal data of these kinds that a text holds, each with its kind."""
    for kind, pattern in _PERSONAL:
        if kind in kinds:
            for match in pattern.finditer(text):
                yield kind, match[0].removeprefix(match["cue"])


def _once(text: str) -> str:
    for kind, pattern in _PERSONAL:
        text = pattern.sub(partial(_hidden, kind), text)
    return text


def _hidden(kind: str, match: re.Match[str]) -> str:
    """Return what stands for one find; the number of a parcel or of goods is nobody's."""
    if kind in _NUMBERS and not match["cue"]:
        before = match.string[max(match.start() - _LOOK_BACK, 0) : match.start()]
        if _OF_A_THING.search(before):
            return match[0]
    return f"{match['cue']}‹{kind}›"


_PLACEHOLDER = re.compile(r"‹(?P<kind>[a-z]+)›")
_SECRET = ("code", "email", "number", "phone")
_NUMBERS = ("number", "phone")
_LOOK_BACK = 40  # Characters.


def _any(words: str) -> str:
    return rf"\b(?:{'|'.join(words.split())})\b"


# Every pattern is linear: what repeats is bounded, or each of its characters fits one way only.
# None takes in a placeholder, so that every round leaves less to find.

_GAP = r"[^\S\n]"  # White space within a line.
_START = r"(?<![a-z])"  # Of a word; what another match may end with can stand before it.

_MINE = _any("saya sy aku kami gue gw")
_TITLE = _any("pak bapak bu ibu mas mbak kak mr mrs ms")
_SIDE = _any("rumah toko lengkap usaha kantor gudang tinggal domisili kirim pengiriman pickup")
_IS = _any("adalah yaitu ialah itu is")

# Before a number: what it is the number of, if that is a thing; letters that are glued to it, but
# for those that people glue to their own numbers.
_THING = (
    r"(?:resi(?:nya)?|awb|tracking|pesanan(?:nya)?|order(?:an)?|invoice|inv|faktur|paket|produk"
    r"|barang|sku|barcode|ean|imei|bpom|pirt|sni|kbli|hs)"
)
_ITS_NUMBER = r"(?:nomor|nomer|number|no|id|code|md|ml|na|nya|saya|sy|ku|is|adalah|[是:：#=-])"
_OF_A_THING = re.compile(
    rf"(?:(?<![a-z]){_THING}|运单号?|订单号?|单号)(?:{_GAP}*{_ITS_NUMBER}){{0,3}}{_GAP}*[a-z]{{0,6}}\Z"
    r"|(?<![a-z])(?!(?:no(?:hp|wa|rek|mor|mer)?|(?:hp|wa|telp?|rek)(?:ku|nya)?|tlp|telpon|kontak|phone"
    r"|nik|ktp|npwp|ke|an|ini|saya)\Z)[a-z]{2,6}\Z",
    re.IGNORECASE,
)

# Where a name or an address ends, since few people type commas.
_END = _any(
    "mau ingin pengen tanya nanya bertanya bisa boleh apa apakah gimana gmn bagaimana kenapa kapan"
    " berapa siapa kakak min admin pak bapak bu ibu mas mbak kak mr mrs ms ya yah dong sih kok"
    " tolong mohon hp telp telepon wa whatsapp email umur usia lahir ttl nik ktp kk npwp nama"
    " alamat saya sy aku kami gue gw adalah yaitu ialah itu ini salah beda berbeda sama sesuai"
    " harus wajib perlu tidak tdk ga gak nggak ngga belum blm sudah udah sdh yang yg untuk utk"
    " dengan dgn karena kalau kalo terdaftar tercantum tertera muncul ditolak diganti diubah"
    " berubah ganti ubah pindah hilang kosong saja aja bukan ataupun maupun dan atau tapi"
    " and or but how what why when can would please i my is are not wrong different"
)
_NAME_END = _any(
    "dari asal di ke nomor no umurnya tinggal jual jualan penjual pedagang usaha punya pemilik"
    " owner seller toko sedang lagi baru selaku sebagai pada"
    " from in on at with the a an selling spelled"
)
_WORD = rf"(?!{_END}|{_NAME_END})(?:[^\W\d_]\.{_GAP}?){{0,2}}[^\W\d_][\w'’-]*"
_NAME = rf"{_WORD}(?:{_GAP}+{_WORD}){{0,2}}"
_HAN_NAME = r"(?![他她你它您什])[一-鿿]{2}(?:(?![想要是来在的请问有做住今从和])[一-鿿])?"

_AREA = (
    r"(?:\b(?:jl|jln|jalan|gg|gang|rt|rw|blok|komplek|kompleks|perum|perumahan|dusun|dsn|desa|ds"
    r"|kampung|kp|kel|kelurahan|kec|kecamatan|kab|kabupaten)\b"
    rf"\.?{_GAP}*(?!{_END})\w|\b(?:no|nomor)\b\.?{_GAP}*\d|\b\d{{5}}\b)"
)
_INSIDE = rf"(?:(?!{_END})[^,;?!，。；？！\n‹›])"
_NO_STREET = _any(
    "selama sejak sekitar kurang lebih hampir terus lagi lancar cuma hanya baru keluar masuk tengah"
)
_PLACE = (
    rf"(?!{_SIDE}|{_any('di ada')})(?=[(\"'#]?\w){_INSIDE}+(?<!\s)"
    rf"(?:{_GAP}?,{_GAP}*(?={_AREA}){_INSIDE}+(?<!\s))*"
)

_MONTH = (
    r"(?:jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:et|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?"
    r"|ag(?:u|t|ustus)|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[sc](?:ember)?)\b"
)
_DATE = (
    rf"(?:\d{{1,2}}[-/. ]{{1,2}}(?:\d{{1,2}}|{_MONTH})(?:[-/., ]{{1,2}}(?:\d{{4}}|\d{{2}}))?"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|(?:\d{4}年)?\d{1,2}月\d{1,2}[日号]?|\d{8}"
    rf"|{_MONTH} \d{{1,2}}(?:(?:st|nd|rd|th)\b)?(?:,? \d{{4}})?)(?!\d)"
)

_CODE_ASIDE = (
    rf"(?:{_GAP}*(?:otp|verifikasi|verification|rahasia|{_MINE}|ku|nya|my|{_IS}|[是为:：=-]))"
    rf"{{0,4}}{_GAP}*"
)

_PRICE_BEFORE = "".join(
    rf"(?<!{sign})" for sign in ("rp", "rp ", r"rp\.", r"rp\. ", "idr", "idr ", r"[$¥￥]")
)
_PRICE_AFTER = rf"(?!{_GAP}?(?:rupiah|perak|ribu|rb|juta|jt|yuan|元|块))"
_ROUND = r"(?!\d{1,5}0{6,}(?!\d))"
_THOUSANDS = r"(?!\+?\d{1,3}(?:\.\d{3}){1,5}(?!\d))"
_YEARS = r"(?!(?:(?:19|20)\d\d[ -]?){1,5}(?!\d))"


def _found(kind: str, data: str, *, after: str = "") -> tuple[str, re.Pattern[str]]:
    """Return the pattern of one kind of data, with the words before it that stay."""
    return kind, re.compile(rf"(?P<cue>{after}){data}", re.IGNORECASE)


_PERSONAL = (
    _found(
        "email",
        r"(?<![a-z0-9._%+-])(?=[._%+-]*[a-z0-9])[a-z0-9._%+-]+"
        r"(?:(?:@| @ )[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}|@[a-z])"
        r"(?:[a-z0-9._%+@-]*[a-z0-9_%+@-])?",
    ),
    _found(
        "email",
        r"(?<![a-z0-9._%+-])[a-z0-9._%+-]+(?: ?[(\[] ?at ?[)\]] ?| at (?=[a-z0-9-]+ dot ))"
        r"[a-z0-9-]+(?:\.| dot | ?[(\[] ?dot ?[)\]] ?)[a-z]{2,}",
    ),
    _found(
        "user",
        r"(?<![a-z0-9.])(?:https?://)?(?:(?:t|wa|telegram)\.me|(?:api|chat)\.whatsapp\.com)/"
        r"[a-z0-9_+/?=&%.-]*[a-z0-9_]",
    ),
    _found("user", r"@(?!rp[. ]?\d)[a-z_](?:[a-z0-9_.]*[a-z0-9_])?"),
    _found(
        "code",
        r"\d(?:[ -]?\d){3,7}(?!\d|[.,/]\d)",
        after=rf"(?:{_START}(?:otp|passcode|kode verifikasi|verification code)|验证码)"
        rf"{_CODE_ASIDE}",
    ),
    _found(
        "code",
        r"(?!(?:19|20)\d\d(?!\d))(?:\d{3}[ -]\d{3}|\d{8}|\d{6}|\d{4})(?!\d|[.,/-]\d)",
        after=rf"{_START}(?:kode(?:ku|nya)?|code|pin)\b{_CODE_ASIDE}",
    ),
    _found("code", r"\d{3,4}(?!\d|[.,/-]\d)", after=rf"{_START}(?:cvv|cvc)2?\b{_CODE_ASIDE}"),
    _found(
        "code",
        r"(?=[^\s‹›]*[\d#$%&*!])(?![^\s‹›]{0,3}(?:\s|$))[^\s‹›,;]+(?<![.?!])",
        after=rf"{_START}(?:pass?wo?r?d|sandi)(?:ku|nya)?\b"
        rf"(?:{_GAP}*(?:(?:akun|toko|login|my)(?=[\s:：=])|{_MINE}|{_IS}|[是为:：=-])){{0,4}}{_GAP}*",
    ),
    _found(
        "date",
        _DATE,
        after=rf"(?:{_START}(?:lahir|kelahiran|ttl|born|birth(?:day|date)?|dob|ultah)\b"
        r"|出生|生日|生于)[^\d\n‹›]{0,40}?",
    ),
    _found(
        "address",
        _PLACE,
        after=rf"{_START}(?:alamat(?:ku|nya)?(?:{_GAP}+(?:{_SIDE}|{_MINE})){{0,3}}|address"
        rf"|tinggal di)\b{_GAP}*"
        rf"(?:[:=：]|(?:adalah|yaitu|ialah)\b|(?={_INSIDE}{{0,60}}?{_AREA})){_GAP}*",
    ),
    _found(
        "address",
        _PLACE,
        after=rf"{_START}(?:alamatku|alamat{_GAP}+(?:{_SIDE}{_GAP}+)?{_MINE}|my address is)\b"
        rf"(?:{_GAP}+(?:ada{_GAP}+)?di\b)?{_GAP}+",
    ),
    _found("address", r"(?!什么|哪|不|多少)[^\s,，。;；?？!！‹›]+", after="地址(?:[:：]|是)"),
    _found("address", rf"{_START}jl\b{_GAP}?\.?{_GAP}*{_PLACE}"),
    _found(
        "address",
        rf"(?<!-){_START}(?:jln|jalan|gang|gg|perum|perumahan|komplek|kompleks|dusun|kampung)\b"
        rf"\.?{_GAP}+(?!{_NO_STREET})(?=[^\W\d]{_INSIDE}{{0,40}}?\d){_PLACE}",
    ),
    _found("address", rf"{_START}(?-i:[Jj]alan){_GAP}+(?=(?-i:[A-Z][a-z])){_PLACE}"),
    _found(
        "phone",
        rf"(?<!\d){_THOUSANDS}(?:\+?62[ .-]?(?:\(0\))?|\(?0)[ .-]?8[1-9]"
        r"(?:\d{6,10}|(?:[ .()–-]{0,2}\d){6,10})(?!\d)",
    ),
    _found("phone", rf"(?<!\d){_THOUSANDS}\+(?:[ .()–-]{{0,2}}\d){{8,15}}(?!\d)"),
    _found("phone", r"(?<!\d)\(?0[2-9]\d{1,2}\)?[ .-]?\d{3,4}[ .-]?\d{3,5}(?!\d)"),
    _found(
        "phone",
        rf"{_PRICE_BEFORE}(?<!\d){_ROUND}1[3-9]\d(?P<gap>[ -]?)\d{{4}}(?P=gap)\d{{4}}(?!\d)"
        rf"{_PRICE_AFTER}",
    ),
    _found(
        "number",
        rf"{_THOUSANDS}{_YEARS}{_ROUND}\d(?:[ .-]?\d){{8,18}}(?!\d)",
        after=rf"{_START}(?:norek|rek|rekening|nik|ktp|npwp|nib|kartu|account)\b[^\d\n‹›]{{0,20}}?",
    ),
    _found(
        "number", r"(?<!\d)\d{2}(?P<gap>[. ])\d{3}(?P=gap)\d{3}(?P=gap)\d[-. ]\d{3}[. ]\d{3}(?!\d)"
    ),
    _found("number", r"(?<!\d)(?:\d{2}\.\d{2}\.\d{2}|\d{6})[. ]\d{6}[. ]\d{4}(?!\d)"),
    _found(
        "number",
        rf"(?<!\d){_YEARS}\d{{4}}(?P<gap>[ -])\d{{4}}(?P=gap)\d{{4}}(?P=gap)\d{{1,7}}(?!\d)",
    ),
    _found("number", rf"(?<!\d)(?=(?:-?\d){{10,19}}(?!\d)){_YEARS}\d+(?:-\d+){{2,5}}(?![\d-])"),
    _found("number", rf"{_PRICE_BEFORE}(?<!\d){_ROUND}\d{{10,}}(?!\d)(?:x\b)?{_PRICE_AFTER}"),
    _found(
        "name",
        _NAME,
        after=rf"{_START}(?:(?:nama(?:{_GAP}+lengkap)?{_GAP}+{_MINE}|namaku|saya bernama|my name)\b"
        rf"(?:{_GAP}*[:=：]|{_GAP}+{_IS}|['’]s)?|nama(?:{_GAP}+lengkap)?{_GAP}*[:=：])"
        rf"{_GAP}*(?:{_TITLE}\.?{_GAP}+)?(?<!\w)",
    ),
    _found("name", rf"(?:{_HAN_NAME}|[A-Za-z][\w'’-]*)", after=rf"我(?:叫|的名字[是叫]){_GAP}*"),
)
