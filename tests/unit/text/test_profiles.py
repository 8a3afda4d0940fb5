"""Text profiles: released rules, pinned for ever; a row here may be added, never changed."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asrlab.text.profiles import PROFILES, tagged
from asrlab.text.words import words_of

NAMES = tuple(PROFILES)
# The whole of Unicode seldom puts two letters of a script beside each other; these do.
tricky = st.text(
    st.sampled_from(
        "aIİiıΣ 5٣๕.,:;-–—'’\"(«、。好カ\u3099を़क्षमी\u200d\u200c\u200b\u0301\u0653عק$%&_\u00ad👨\ufe0f՞ო\t\u2028"
    )
)
texts = st.one_of(st.text(max_size=30), tricky)

# Written, then by nfc-1 and by cased-1; lower-1 and bare-1 give the same in lower case.
GOLDEN = [
    # white space and what is not seen
    (" a\tb\n\u00a0c\u2028d\u3000e ", "a b c d e", "a b c d e"),
    ("a\x00b\u200bc\ufeffd\u00ade\u202af\x7f", "abcdef", "abcdef"),
    ("Cafe\u0301 e\u200b\u0301", "Café é", "Café é"),
    ("", "", ""),
    (" \u200b\x1f ", "", ""),
    # punctuation, and what belongs to words
    ("Hello, World!", "Hello, World!", "Hello World"),
    ("Stop—now… “Yes”", "Stop—now… “Yes”", "Stop now Yes"),
    ("Don't e-mail l’ami", "Don't e-mail l’ami", "Don't e-mail l’ami"),
    ("'tis rock 'n' roll", "'tis rock 'n' roll", "tis rock n roll"),
    ("U.S.A. a_b/c ex.com", "U.S.A. a_b/c ex.com", "U.S.A a_b/c ex.com"),
    ("A & B, C++ #1 @x", "A & B, C++ #1 @x", "A & B C++ #1 @x"),
    ("¿Qué? «Oui» `x`", "¿Qué? «Oui» `x`", "Qué Oui x"),
    ("… — !", "… — !", ""),
    # numbers
    ("3.14, 1,000.50; 12:30.", "3.14, 1,000.50; 12:30.", "3.14 1,000.50 12:30"),
    ("-5 (−5) .5 $-.50 a(-5)", "-5 (−5) .5 $-.50 a(-5)", "-5 −5 .5 $-.50 a -5"),
    ("50% 10–20 1/2 24/7 5°", "50% 10–20 1/2 24/7 5°", "50% 10–20 1/2 24/7 5°"),
    ("x--5 5'-6' ...5", "x--5 5'-6' ...5", "x 5 5 6 5"),
    # scripts that write no spaces
    ("你好，世界。今天 天气", "你好，世界。今天 天气", "你好世界今天 天气"),
    ("GPU，很快，OK吗？", "GPU，很快，OK吗？", "GPU很快OK吗"),
    ("3、4 １２：３０ ３．１４", "3、4 １２：３０ ３．１４", "3 4 １２：３０ ３．１４"),
    ("温度-5度", "温度-5度", "温度-5度"),
    ("か、\u3099 ジョン・スミス「はい」", "か、\u3099 ジョン・スミス「はい」", "が ジョンスミスはい"),
    ("ภาษา\u200bไทย ๒.๕ ๆ", "ภาษาไทย ๒.๕ ๆ", "ภาษาไทย ๒.๕ ๆ"),
    ("안녕, 하세요.", "안녕, 하세요.", "안녕 하세요"),
    # marks and joiners that are spelling
    ("नमस्ते। क्\u200dष हिन्दी!", "नमस्ते। क्\u200dष हिन्दी!", "नमस्ते क्\u200dष हिन्दी"),
    ("می\u200cخواهم، ۳٫۱۴؟ a\u200cb", "می\u200cخواهم، ۳٫۱۴؟ ab", "می\u200cخواهم ۳٫۱۴ ab"),
    ("قَلَم\u200f، \u2067نعم\u2069", "قَلَم، نعم", "قَلَم نعم"),
    ('שָׁלוֹם, צה"ל בית־ספר צ׳', 'שָׁלוֹם, צה"ל בית־ספר צ׳', 'שָׁלוֹם צה"ל בית־ספר צ׳'),
    ("ինչո՞ւ:", "ինչո՞ւ:", "ինչու"),
    ("བོད་སྐད་", "བོད་སྐད་", "བོད་སྐད"),
    ("👨\u200d👩\u200d👧 ok😀, x", "👨\u200d👩\u200d👧 ok😀, x", "👨\u200d👩\u200d👧 ok😀 x"),
    # symbols stay
    ("<b>x</b>\t--> y", "<b>x</b> --> y", "<b>x</b> > y"),
]
# Written, then by nfc-1, cased-1, lower-1 and bare-1.
GOLDEN_CASES = [
    ("ΟΔΟΣ, Straße Ёлка", "ΟΔΟΣ, Straße Ёлка", "ΟΔΟΣ Straße Ёлка", "οδος, straße ёлка", "οδος straße ёлка"),
    (
        "İstanbul, I\u0307zmir Isparta",
        "İstanbul, İzmir Isparta",
        "İstanbul İzmir Isparta",
        "istanbul, izmir isparta",
        "istanbul izmir isparta",
    ),
]


def composed(*texts: str) -> list[str]:
    """NFC, as an editor may have written this file otherwise than the texts it stands for."""
    return [unicodedata.normalize("NFC", text) for text in texts]


@pytest.mark.parametrize(("written", "nfc", "cased"), GOLDEN)
def test_a_released_rule_never_changes(written: str, nfc: str, cased: str) -> None:
    found = [PROFILES[name].apply(written) for name in NAMES]
    assert found == [written, *composed(nfc, cased, nfc.lower(), cased.lower())]


@pytest.mark.parametrize(("written", "nfc", "cased", "lower", "bare"), GOLDEN_CASES)
def test_a_released_rule_for_case_never_changes(
    written: str, nfc: str, cased: str, lower: str, bare: str
) -> None:
    found = [PROFILES[name].apply(written) for name in NAMES]
    assert found == [written, *composed(nfc, cased, lower, bare)]


@pytest.mark.parametrize(
    ("language", "lower"),
    [
        ("tr", "ısparta istanbul"),
        ("az-Latn-AZ", "ısparta istanbul"),
        ("en", "isparta istanbul"),
        (None, "isparta istanbul"),
    ],
)
def test_the_dotless_i_is_that_of_the_languages_which_write_it(language: str | None, lower: str) -> None:
    assert PROFILES["lower-1"].apply("Isparta İstanbul", language) == lower
    assert PROFILES["bare-1"].apply("Isparta, İstanbul!", language) == lower


@given(text=texts, name=st.sampled_from(NAMES), language=st.sampled_from([None, "tr"]))
@example(text="か、\u3099", name="bare-1", language=None)
@settings(max_examples=50, deadline=None)
def test_a_profile_applied_again_changes_nothing(text: str, name: str, language: str | None) -> None:
    once = PROFILES[name].apply(text, language)
    assert PROFILES[name].apply(once, language) == once


@given(text=texts, name=st.sampled_from(NAMES))
@settings(max_examples=50, deadline=None)
def test_letters_and_digits_all_stay_in_order(text: str, name: str) -> None:
    def spoken(given: str) -> list[str]:
        folded = unicodedata.normalize("NFD", given.replace("İ", "i")).casefold().replace("ı", "i")
        return [each for each in unicodedata.normalize("NFD", folded) if each.isalnum()]

    assert spoken(PROFILES[name].apply(text)) == spoken(unicodedata.normalize("NFC", text))


@given(text=texts, name=st.sampled_from(NAMES[1:]))
@settings(max_examples=50, deadline=None)
def test_spaces_are_single_and_what_is_left_is_composed(text: str, name: str) -> None:
    clean = PROFILES[name].apply(text)
    assert clean == " ".join(clean.split())
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(each) == "Cc" for each in clean)


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_marks_of_letters_are_kept(text: str) -> None:
    def marks(given: str) -> list[str]:
        return sorted(
            each for each in unicodedata.normalize("NFD", given) if unicodedata.category(each) in ("Mn", "Mc")
        )

    assert marks(PROFILES["cased-1"].apply(text)) == marks(text)


@given(
    words=st.lists(st.text("abIé.,-'5好。「", min_size=1, max_size=6), max_size=6),
    name=st.sampled_from(NAMES),
)
@settings(max_examples=50, deadline=None)
def test_the_words_alone_give_the_words_of_the_text(words: list[str], name: str) -> None:
    text = " ".join(words)
    alone = " ".join(PROFILES[name].apply(word) for word in text.split())
    assert alone.split() == PROFILES[name].apply(text).split()


def test_characters_aligned_one_by_one_give_the_text_too() -> None:
    text = "「你好」，GPU 很快。3.5倍！"
    assert "".join(PROFILES["bare-1"].apply(word) for word in words_of(text)) == "你好gpu很快3.5倍"


def test_a_text_of_100_kb_is_no_slower_than_its_parts() -> None:
    text = "Hello, wörld! 你好。 " * 6_000
    assert PROFILES["bare-1"].apply(text) == ("hello wörld 你好 " * 6_000).strip()


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "<|en|>x"), ("zh-Hant-TW", "<|zh|>x"), ("pt_BR", "<|pt|>x"), (None, "x"), ("", "x")],
)
def test_a_tag_names_the_language_alone(language: str | None, expected: str) -> None:
    assert tagged("x", language) == expected


def test_every_version_is_listed_under_its_name() -> None:
    assert NAMES == ("as-is", "nfc-1", "cased-1", "lower-1", "bare-1")
    assert [profile.name for profile in PROFILES.values()] == list(NAMES)
