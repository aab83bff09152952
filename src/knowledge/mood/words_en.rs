//! The lexicon's English. Our own, like the Chinese.

use super::Aspect::{Abuse, Anger, Negative, Urgency};
use super::lexicon::Table;
use super::lexicon::Weight::{Against, Even, Strong, Weak};

/// Words by what they speak for.
pub(super) const ENGLISH: [Table; 15] = [
    (Some((Negative, Against)), PRAISE),
    (Some((Negative, Strong)), NEGATIVE_STRONG),
    (Some((Negative, Even)), NEGATIVE_EVEN),
    (Some((Negative, Weak)), NEGATIVE_WEAK),
    (Some((Anger, Strong)), ANGER_STRONG),
    (Some((Negative, Even)), ANGER_STRONG),
    (Some((Anger, Even)), ANGER_EVEN),
    (Some((Negative, Even)), ANGER_EVEN),
    (Some((Abuse, Strong)), ABUSE),
    (Some((Anger, Even)), ABUSE),
    (Some((Negative, Even)), ABUSE),
    (Some((Urgency, Strong)), URGENCY_STRONG),
    (Some((Urgency, Even)), URGENCY_EVEN),
    (Some((Urgency, Weak)), URGENCY_WEAK),
    (None, MEANS_SOMETHING_ELSE),
];

const PRAISE: &str = "good|great|excellent|love it|perfect|happy|thanks|thank you|wonderful|amazing|awesome|nice|satisfied|recommend|best";
const NEGATIVE_STRONG: &str = "terrible|horrible|awful|worst|garbage|rubbish|crap|useless|disappointed|disappointing|disappointment|unacceptable|\
pathetic|poor quality|poor service|bad service|bad quality|fake|counterfeit|never again|waste of money|waste of time|ripped off|rip off|misleading|\
regret|hate it|i hate|sucks|junk|not as described|false advertising|one star|dont buy|do not buy|very unhappy|dissatisfied|unsatisfied|appalling";
const NEGATIVE_EVEN: &str = "broken|broke|defective|damaged|faulty|doesnt work|does not work|not working|stopped working|wont turn on|wrong item|\
wrong size|missing|unhappy|upset|bad|slow|late|delayed|still waiting|no response|no reply|no one answers|ignored|overcharged|charged twice|complain|\
complaint|frustrated|annoyed|sad|unfair|expensive|lost my|leaking|not happy|not satisfied|not good|not helpful";
const NEGATIVE_WEAK: &str =
    "problem|issue|error|refund|return it|failed|worried|unfortunately|cannot|still|why not";
const ANGER_STRONG: &str = "angry|furious|outraged|outrageous|ridiculous|fed up|sick of|sick and tired|enough is enough|disgusting|disgusted|disgrace|\
how dare|scam|scammers|thieves|fraud|rip off|lawyer|lawsuit|sue you|legal action|report you|chargeback|bullshit|damn|wtf|what the hell|pissed|\
worst company|worst service|your manager|kidding me|joke of a|shame on you|livid";
const ANGER_EVEN: &str = "unacceptable|annoying|annoyed|frustrating|frustrated|complaint|cheated|liars|lied|how many times|third time|again and again|\
over and over|waste my time|wasting my time|no excuse|incompetent|give me my money back|money back|last time i|never buying|for the last time";
const ABUSE: &str = "idiot|idiots|moron|morons|stupid|dumb|dumbass|asshole|assholes|bitch|bastard|fuck you|fuck off|fuckers|motherfucker|piece of shit|\
go to hell|drop dead|kill you|kill yourself|retard|retarded|scumbag|scum|loser|losers|imbecile|imbeciles|braindead|shut up|screw you|cunt|whore|slut|\
nigger|chink|faggot|subhuman|vermin";
const URGENCY_STRONG: &str = "urgent|urgently|emergency|asap|on fire|caught fire|smoke|smoking|exploded|explosion|electric shock|electrocuted|burned my|\
burnt my|injured|bleeding|allergic reaction|poisoned|hospital|unconscious|gas leak|help me now|account hacked|hacked|stolen|life threatening";
const URGENCY_EVEN: &str = "as soon as possible|right now|immediately|right away|by today|by tonight|by tomorrow|today at the latest|deadline|\
running out of time|cant wait|cannot wait|in a hurry|hurry up|flight|wedding tomorrow|before tomorrow|within the hour|at once|locked out";
const URGENCY_WEAK: &str = "quickly|hurry|soon|need it by|waiting for hours";
const MEANS_SOMETHING_ELSE: &str = "smoke detector|smoke alarm|smoke free|smoking area|emergency button|emergency stop|emergency contact|emergency light|\
emergency exit|flight mode|garbage bag|garbage bags|garbage can|garbage disposal|garbage bin|rubbish bin|rubbish bags|fire extinguisher|fire alarm|\
fake leather|fake fur|fake plant|late night|slow cooker|slow charging|slow motion|slow mode|junk mail|bad weather|no problem|how to complain|\
where to complain|stupid question|stupid questions|dumb question|dumbbell|damn good|hospital bed|hospital grade|missing you|not bad|shipped today|\
open today|right now available|lost and found|sue wong|error code|killer deal|screw driver|complaint form|complaints form|hurry sale";
