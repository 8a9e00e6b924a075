"""How one asks what can be asked."""

from __future__ import annotations

from bot.commands.help import ShowHelp
from bot.grammar.sentences import spoken
from bot.grammar.word import Word

WORDS: tuple[Word[ShowHelp], ...] = (
    Word(
        "help",
        "help [WORD]",
        "This list, or one word of it with everything that it can be asked in",
        ("help", "help who-can", "what can you do"),
        frozenset(),
        lambda arguments: ShowHelp(arguments.word(0).casefold()),
        ("word",),
        sentences=(
            *spoken(
                lambda _: ShowHelp(),
                "what can (you|i) (do|ask|say) [you]",
                "what do you (know|do|understand)",
                "how (does this|do you) work",
                "how (can|do) (i|we|you) (use|ask) (you|this|it|me)",
                "(usage|commands|examples|man)",
                "(who|what) are you",
                "(hi|hey|hello|good (morning|afternoon|evening)) [(there|all|team|quarterdeck)]",
                "(thanks|thank you|thx|cheers) [(a lot|so much)]",
            ),
            *spoken(
                lambda said: ShowHelp(said["word"]),
                "how (can|do) (i|we) (use|say|write) [the] {word}",
                "help (with|on|about|for) [the] {word}",
                "what does [the] [(word|command)] {word} (do|mean)",
            ),
        ),
    ),
)
