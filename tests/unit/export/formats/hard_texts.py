"""Texts that break formats, one by one and at random."""

from hypothesis import strategies as st

HARD_TEXTS = (
    "a\tb",
    "a\nb\r\nc",
    "she said \"no\", 'no' and \\ no",
    "1\n00:00:01,000 --> 00:00:02,000\nx",
    "<b>bold</b> & <i>",
    "one\u2028two\u2029three\x85four",
    "\U0001f44b\U0001f3fd zwj \U0001f469\u200d\U0001f680",
    "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645 \u202e!",
    "e\u0301 is not \u00e9",
    "null",
    '{"text": 1}',
    "word " * 20_000,
)

texts = st.one_of(
    st.sampled_from(HARD_TEXTS),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()),
)
"""What an utterance may hold: never blank."""
