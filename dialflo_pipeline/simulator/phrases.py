"""The sentences of the simulated calls, in English and Hindi. Data only."""

from dialflo_pipeline.simulator.agents import Mood

REASONS: dict[str, dict[Mood, tuple[str, ...]]] = {
    "en": {
        Mood.WARM: ("Asked for the next step and agreed to it.", "Answered every question, sounded keen."),
        Mood.COLD: ("Said clearly that this is of no use now.", "Has already chosen another offer."),
        Mood.UNCLEAR: ("Gave no clear answer to any question.", "The line was noisy and the talk broke off."),
        Mood.LATER: ("Was driving, asked to be called again.", "In a meeting; prefers the evening."),
        Mood.STOP: ("Is not the person on the list.", "Asked not to be called any more."),
    },
    "hi": {
        Mood.WARM: ("अगले कदम के लिए सहमति दी।", "सभी सवालों के जवाब दिए, रुचि दिखाई।"),
        Mood.COLD: ("साफ़ कहा कि अभी ज़रूरत नहीं है।", "पहले ही दूसरा विकल्प चुन लिया है।"),
        Mood.UNCLEAR: ("किसी सवाल का साफ़ जवाब नहीं दिया।", "आवाज़ कट रही थी, बात पूरी नहीं हुई।"),
        Mood.LATER: ("गाड़ी चला रहे थे, बाद में फ़ोन करने को कहा।", "शाम को बात करना चाहते हैं।"),
        Mood.STOP: ("यह नंबर किसी और का है।", "दोबारा फ़ोन न करने को कहा।"),
    },
}
"""The reason for an interest or a next action, by language and mood."""

UNREACHED = {"en": "No one picked up; try again.", "hi": "किसी ने फ़ोन नहीं उठाया।"}
"""Why an unanswered call should be repeated."""

TURNS = {
    "en": (
        "Hello, is this a good time to talk?",
        "Yes, go ahead.",
        "It takes a minute. Shall we start?",
        "Who gave you this number?",
        "You signed up on our site.",
        "Right. Please be quick 🙂",
    ),
    "hi": (
        "नमस्ते, क्या अभी बात हो सकती है?",
        "हाँ, बोलिए।",
        "बस एक मिनट लगेगा।",
        "यह नंबर कहाँ से मिला?",
        "आपने वेबसाइट पर फ़ॉर्म भरा था।",
        "ठीक है, जल्दी बताइए।",
    ),
}
"""Turns of a conversation, agent and person alternating."""
