"""What tells who somebody is goes out of a text; what they ask about stays."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.masking import mask

HIDDEN = [
    # Phone numbers.
    ("hp saya 081234567890 kak", "hp saya ‹phone› kak"),
    ("wa 0812-3456-7890, makasih", "wa ‹phone›, makasih"),
    ("0812 3456 7890 10 pcs", "‹phone› 10 pcs"),
    ("(0812) 3456.7890", "‹phone›"),
    ("+62 (0)812 3456 7890", "‹phone›"),
    ("+62 812 3456 7890", "‹phone›"),
    ("+62-812-3456-7890", "‹phone›"),
    ("62812 3456 7890", "‹phone›"),
    ("WA:6281234567890", "WA:‹phone›"),
    ("kantor (021) 555 1234", "kantor ‹phone›"),
    ("0274-512345", "‹phone›"),
    ("call me at +1 (212) 555-0123", "call me at ‹phone›"),
    ("+86 138 0013 8000", "‹phone›"),
    ("我的电话13800138000，谢谢", "我的电话‹phone›，谢谢"),
    ("138-0013-8000", "‹phone›"),
    # E-mail addresses.
    ("email siti.rahma+toko@gmail.co.id.", "email ‹email›."),
    ("kirim ke siti @ gmail.com ya", "kirim ke ‹email› ya"),
    ("siti@gmail aja", "‹email› aja"),
    ("邮箱是wang_123@163.com请回复", "邮箱是‹email›请回复"),
    ("email andi.s (at) gmail.com ya", "email ‹email› ya"),
    ("andi at gmail dot com", "‹email›"),
    # User names.
    ("follow @budi_store dong", "follow ‹user› dong"),
    ("ig @siti.rahma.", "ig ‹user›."),
    ("chat https://t.me/budi123 ya", "chat ‹user› ya"),
    ("wa.me/6281234567890?text=halo", "‹user›"),
    ("api.whatsapp.com/send?phone=6281234567890", "‹user›"),
    # Numbers of papers, accounts and cards.
    ("NIK 3204123456789012 valid?", "NIK ‹number› valid?"),
    ("nik: 320412 345678 9012", "nik: ‹number›"),
    ("32.04.12.345678.9012", "‹number›"),
    ("NPWP 09.254.294.3-407.000", "NPWP ‹number›"),
    ("npwp saya 092542943407000", "npwp saya ‹number›"),
    ("09.254.294.3-407.000 itu punya saya", "‹number› itu punya saya"),
    ("rek BCA 1234567890 an sendiri", "rek BCA ‹number› an sendiri"),
    ("rekening saya 123 456 7890", "rekening saya ‹number›"),
    ("BRI 0123-01-012345-50-1", "BRI ‹number›"),
    ("4111 1111 1111 1111", "‹number›"),
    ("4111-1111-1111-1111 kena tolak", "‹number› kena tolak"),
    ("身份证11010519491231002X", "身份证‹number›"),
    ("order pakai nik 3204123456789012", "order pakai nik ‹number›"),
    ("pesanan saya bayar ke 1370012345678", "pesanan saya bayar ke ‹number›"),
    ("wa081234567890", "wa‹phone›"),
    ("nohp081234567890", "nohp‹phone›"),
    ("nomor081234567890", "nomor‹phone›"),
    ("waku081234567890", "waku‹phone›"),
    ("kontak081234567890", "kontak‹phone›"),
    # Codes.
    ("kode 123456", "kode ‹code›"),
    ("otp 123456", "otp ‹code›"),
    ("OTP123456", "OTP‹code›"),
    ("kode OTP saya adalah 4455", "kode OTP saya adalah ‹code›"),
    ("kode verifikasinya 123 456", "kode verifikasinya ‹code›"),
    ("my verification code is 55421", "my verification code is ‹code›"),
    ("验证码是884213", "验证码是‹code›"),
    ("pin: 4321", "pin: ‹code›"),
    ("kartu saya exp 12/28 cvv 123", "kartu saya exp 12/28 cvv ‹code›"),
    ("password saya rahasia123 kak", "password saya ‹code› kak"),
    ("passwordnya: Toko#2024.", "passwordnya: ‹code›."),
    ("sandi akun saya kucing99", "sandi akun saya ‹code›"),
    # Names.
    ("nama saya Budi Santoso, mau tanya", "nama saya ‹name›, mau tanya"),
    ("Nama aku siti rahmawati dari Bandung", "Nama aku ‹name› dari Bandung"),
    ("nama saya pak Budi mau daftar", "nama saya pak ‹name› mau daftar"),
    ("namaku Sari. Mau tanya", "namaku ‹name›. Mau tanya"),
    ("saya bernama M. Rizky Al-Fatih", "saya bernama ‹name›"),
    ("Nama: Andi Wijaya\nUsaha: keripik", "Nama: ‹name›\nUsaha: keripik"),
    ("nama lengkap saya adalah Dewi Lestari", "nama lengkap saya adalah ‹name›"),
    ("my name is John Smith and I sell bags", "my name is ‹name› and I sell bags"),
    ("我叫王小明，想开店", "我叫‹name›，想开店"),
    ("我叫王明想开店", "我叫‹name›想开店"),
    ("我的名字是 Alex", "我的名字是 ‹name›"),
    # Addresses.
    ("alamat Jl. Melati No. 5, RT 02/RW 03, Kel. Sukajadi, Bandung", "alamat ‹address›, Bandung"),
    ("alamat saya di Bantul Yogyakarta mau tanya", "alamat saya di ‹address› mau tanya"),
    ("alamatku Dusun Krajan RT 02 RW 05", "alamatku ‹address›"),
    ("alamat: Griya Asri Blok C3, Bekasi", "alamat: ‹address›, Bekasi"),
    ("alamat toko Desa Sukamaju bisa dijemput?", "alamat toko ‹address› bisa dijemput?"),
    ("jl melati no 5 bisa dijemput?", "‹address› bisa dijemput?"),
    ("Jl.Kenanga, Solo", "‹address›, Solo"),
    ("jl . kenanga , kec cerme , gresik", "‹address› , gresik"),
    ("rumah di jalan melati 5, jauh", "rumah di ‹address›, jauh"),
    ("tinggal di Jalan Kenanga Raya", "tinggal di ‹address›"),
    ("my address is 12 Baker Street, London", "my address is ‹address›, London"),
    ("我的地址是北京市朝阳区1号，谢谢", "我的地址是‹address›，谢谢"),
    # Birth dates.
    ("lahir 12/05/1990", "lahir ‹date›"),
    ("lahir di Bandung, 12 Mei 1990", "lahir di Bandung, ‹date›"),
    ("TTL: Solo 12-05-1990", "TTL: Solo ‹date›"),
    ("tanggal lahir 1990-05-12", "tanggal lahir ‹date›"),
    ("born on May 3rd, 1990 in Medan", "born on ‹date› in Medan"),
    ("出生日期：1990年5月3日", "出生日期：‹date›"),
    # Several.
    (
        "nama saya Sari, hp 081234567890, lahir 1 Juni 1991, alamat saya Jl. Mawar 7, Solo",
        "nama saya ‹name›, hp ‹phone›, lahir ‹date›, alamat saya ‹address›, Solo",
    ),
    ("otp 123456.081234567890", "otp ‹code›.‹phone›"),
    ("otp 123456otp 123456", "otp ‹code›otp ‹code›"),
]

KEPT = [
    # Prices and quantities.
    "Rp 150.000",
    "Rp1.500.000.000",
    "Rp 15000000000",
    "Rp. 13812345678",
    "IDR 1234567890",
    "¥1234567890",
    "1234567890 rupiah",
    "omzet 5000000000",
    "50rb",
    "1.500.000",
    "62.800.000.000",
    "untung +10.000.000",
    "budget 500000-1000000",
    "3 @ 5.000",
    "beli 3 @rp5000",
    "100 pcs 2000 pcs",
    "85 100 2000 55 10",
    "85.000.000",
    "modal 1 500 000 000",
    "rekening saya isi 50.000.000",
    # Numbers of parcels, orders and goods.
    "resi JX1234567890 belum sampai",
    "resi 1234567890123 belum bergerak",
    "no resi: 004512345678 kok ga update",
    "nomor pesanan 1234567890123456 belum dikirim",
    "order id 987654321012345",
    "paket TKID00012345678 nyangkut",
    "tracking number: 12345678901234",
    "运单号是1234567890123",
    "SKU 8991234567890",
    "kode produk 8991234567890",
    "no izin BPOM NA18201234567",
    "nomor bpom MD 123456789012",
    "password saya salah terus",
    "lupa sandi akun, gimana?",
    "kirim at jne aja",
    # Years, dates, times, shares.
    "tahun 2021",
    "2020 2021 2022 2023",
    "2021-2022-2023",
    "12-05-2021",
    "5 Agustus 2021",
    "2021-08-05",
    "jam 08.00-17.00 10 orang",
    "10%",
    "komisi 2,5 persen",
    "toko saya lahir tahun 2020",
    "PIN 2005",
    # Rules and codes of goods.
    "Permendag 31/2023",
    "PP 35 tahun 2021",
    "UU No. 11 Tahun 2020",
    "KBLI 47911",
    "kode KBLI 47911",
    "kode pos 40123",
    "kode 6 digit",
    "HS 6109.10.00",
    # Questions.
    "nama saya beda dengan di ktp gimana",
    "apakah nama saya harus sama dengan rekening",
    "my name is not on the card",
    "nama toko apa yang bagus",
    "cara ganti alamat toko gimana",
    "alamat saya salah gimana gantinya",
    "alamat di KTP beda dengan domisili",
    "alamatku.",
    "paket hilang di jalan, siapa yang ganti",
    "bisnis jalan terus",
    "usaha jalan selama 3 bulan",
    "jalan-jalan utama 3 kota",
    "地址是什么？",
    "他叫我开店",
    "syarat buka toko apa?",
    "can I sell clothes from Malaysia?",
    "我可以卖衣服吗",
    "‹phone› dan ‹user›",
    "",
]

ODD = [
    *("a", "1", "@", " ", "-", ".", "‹", "é", "界", "\n", "0", "+", "(", "_", "1.", "12.0"),
    *("a@", "a.", "a@b.", "@_", "1-", "1 1-", "nama saya ", "nama saya a ", "alamat ", "alamat a "),
    *("alamat saya di ", "tinggal di %", "jl ", "jl a,rt ", "jalan a ", "lahir ", "lahir 1 "),
    *(
        "otp 123456",
        "kode 123456",
        "otp otp ",
        "t.me/",
        "M. ",
        "我叫王小",
        "地址是",
        "2020 ",
        "rek a ",
    ),
]

CUES = st.sampled_from(
    [
        *(
            "nama saya ",
            "my name is ",
            "我叫",
            "alamat ",
            "alamat saya di ",
            "jl. ",
            "jalan ",
            "rt 1",
        ),
        *(
            "lahir ",
            "otp ",
            "kode ",
            "rek ",
            "t.me/",
            "@",
            "Rp ",
            "‹phone›",
            "地址是",
            "tinggal di ",
        ),
        *("Budi", "Melati", "mau", "saya", "di", "pak ", "王小明", "12 Mei 1990", "2020", "a@b.co"),
        *("081234567890", "+62", "1234567890", "123456", "1.500.000", "08", "5", "0"),
        *(" ", ",", ".", ":", "-", "/", "\n", "‹", "›", "x"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(CUES, max_size=30).map("".join))


@pytest.mark.parametrize(("typed", "kept"), HIDDEN)
def test_personal_data_is_hidden(typed: str, kept: str) -> None:
    assert mask(typed) == kept


@pytest.mark.parametrize("typed", KEPT)
def test_what_is_nobodys_stays(typed: str) -> None:
    assert mask(typed) == typed


@given(TEXTS)
@example("otp 123456.081234567890")
@settings(max_examples=200, deadline=None)
def test_masking_again_changes_nothing(text: str) -> None:
    masked = mask(text)

    assert mask(masked) == masked


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_everything_but_placeholders_was_typed_in_that_order(text: str) -> None:
    pieces = re.split(r"‹[a-z]+›", mask(text))

    assert re.search(".*?".join(map(re.escape, pieces)), text, re.DOTALL)


@given(st.from_regex(r"(\+62|62|0)8[1-9]([ -]?[0-9]){7,9}", fullmatch=True), st.text())
@settings(deadline=None)
def test_no_phone_number_is_kept(number: str, around: str) -> None:
    masked = mask(f"{around}\n{number}\n{around}")

    assert number not in masked.splitlines()


@given(st.integers(10**9, 10**19).filter(lambda number: number % 10**6))
def test_no_long_number_is_kept(number: int) -> None:
    assert str(number) not in mask(f"ini {number} ya")


@pytest.mark.timeout(5)
@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_take_no_longer_than_others(odd: str) -> None:
    text = (odd * 4096)[:4096]

    assert mask(mask(text)) == mask(text)
