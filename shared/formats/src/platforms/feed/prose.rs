//! Whether a text in plain sentences says that the incident is over. Only for posts that have no word for their phase,
//! and only of the newest: what is over in an older one may have come back.
//!
//! A sentence says so in few ways ("has been resolved", "is back to normal"), and takes it back in many: denied,
//! promised, for some only. In doubt it says nothing, and the incident stays open: an end that is told too early is
//! worse than one that is told late.

/// More of a text is not looked at.
const MAX_CHARS: usize = 20_000;

/// The end of a thing, behind "has been", "is now", "are".
const ENDED: [&str; 9] =
    ["resolved", "fixed", "restored", "recovered", "solved", "behoben", "gelöst", "résolu", "opgelost"];
/// The same of maintenance.
const DONE: [&str; 4] = ["completed", "complete", "finished", "abgeschlossen"];
const MAINTENANCE: [&str; 6] = ["maintenance", "work", "upgrade", "wartung", "arbeiten", "migration"];

/// Verbs in front of [`ENDED`].
const HELPERS: [&str; 17] = [
    "has", "have", "had", "is", "are", "was", "were", "issue", "incident", "problem", "all", "wurde", "wurden", "ist",
    "sind", "été", "est",
];
/// Words between the two that change nothing.
const ADVERBS: [&str; 18] = [
    "been",
    "now",
    "fully",
    "completely",
    "successfully",
    "since",
    "also",
    "all",
    "already",
    "both",
    "just",
    "really",
    "finally",
    "permanently",
    "entirely",
    "again",
    "wieder",
    "vollständig",
];

/// How things are when it is over.
const WELL: [&[&str]; 20] = [
    &["back", "to", "normal"],
    &["returned", "to", "normal"],
    &["operating", "normally"],
    &["working", "normally"],
    &["functioning", "normally"],
    &["running", "normally"],
    &["operating", "as", "normal"],
    &["operating", "as", "expected"],
    &["working", "as", "expected"],
    &["fully", "operational"],
    &["fully", "available"],
    &["back", "online"],
    &["up", "and", "running", "again"],
    &["back", "up", "and", "running"],
    &["available", "again"],
    &["normal", "operation", "has", "resumed"],
    &["resumed", "normal", "operation"],
    &["wieder", "normal"],
    &["ha", "sido", "resuelto"],
    &["foi", "resolvido"],
];

/// In front of what is over: it is to come, or only perhaps so, or it is not this.
const PROMISED: [&str; 38] = [
    "until",
    "once",
    "when",
    "whether",
    "if",
    "unless",
    "before",
    "will",
    "would",
    "should",
    "expect",
    "expected",
    "hope",
    "aim",
    "aiming",
    "try",
    "trying",
    "working",
    "appears",
    "appear",
    "seems",
    "seem",
    "believe",
    "believed",
    "ensure",
    "bring",
    "bringing",
    "getting",
    "being",
    "previous",
    "previously",
    "yesterday",
    "towards",
    "toward",
    "sobald",
    "wird",
    "werden",
    "get",
];
/// The same, unless the sentence only says what the trouble was.
const DOUBTED: [&str; 8] = ["not", "never", "no", "may", "might", "could", "cannot", "nicht"];
/// Inside the verb itself: "has not been resolved".
const DENIED: [&str; 19] = [
    "not",
    "never",
    "yet",
    "be",
    "being",
    "partially",
    "partly",
    "mostly",
    "almost",
    "nearly",
    "largely",
    "only",
    "nicht",
    "noch",
    "teilweise",
    "no",
    "pas",
    "get",
    "gets",
];
/// At the start of the sentence, or behind "for" and "in": not all of it.
const SOME: [&str; 14] = [
    "some", "most", "many", "several", "few", "certain", "majority", "subset", "part", "parts", "half", "number",
    "einige", "percent",
];
/// Behind it: there is more.
const BUT: [&str; 17] = [
    "but",
    "however",
    "except",
    "although",
    "though",
    "once",
    "until",
    "soon",
    "when",
    "excluding",
    "apart",
    "aside",
    "shortly",
    "pending",
    "aber",
    "slowly",
    "wrongly",
];

/// Anywhere in the text, in words of the present.
const GOING_ON: [&str; 43] = [
    "is still",
    "are still",
    "we still",
    "still investigating",
    "still experienc",
    "still affect",
    "still see",
    "still work",
    "still fail",
    "still unavailable",
    "still impact",
    "not yet",
    "are investigating",
    "we're investigating",
    "continue to investigate",
    "continue to work",
    "continue working",
    "continuing to work",
    "continuing to investigate",
    "continue to experience",
    "continue to see",
    "continues to affect",
    "are working",
    "we're working",
    "remains",
    "remain ",
    "under investigation",
    "with the exception",
    "investigation continues",
    "is down",
    "are down",
    "is unavailable",
    "are unavailable",
    "is failing",
    "are failing",
    "is degraded",
    "are affected",
    "is affected",
    "are experiencing",
    "is experiencing",
    "are seeing",
    "is unable",
    "are unable",
];
/// In front of what is well: it is not what was in trouble.
const ELSEWHERE: [&str; 6] = ["other", "others", "rest", "otherwise", "elsewhere", "unaffected"];

pub(super) fn says_over(text: &str) -> bool {
    let text: String = text.chars().take(MAX_CHARS).collect::<String>().to_lowercase().replace('’', "'");
    let told: Vec<&str> = sentences(&text).filter(|sentence| !is_advice(sentence)).collect();
    if told.iter().any(|sentence| GOING_ON.iter().any(|words| sentence.contains(words))) {
        return false;
    }
    let watched = told.iter().any(|sentence| sentence.contains("monitor") || sentence.contains("watching"));
    let mut over = false;
    let mut quickly_taken_back = false;
    for sentence in told {
        let words: Vec<&str> =
            sentence.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
        match verdict(&words, watched) {
            Some(true) => (over, quickly_taken_back) = (true, false),
            Some(false) => return false,
            None if words.first().is_some_and(|word| ["however", "but", "aber"].contains(word)) => {
                quickly_taken_back = over;
            }
            None => {}
        }
    }
    over && !quickly_taken_back
}

/// At a full stop and the like, unless it stands inside a name or a number.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_end = |(at, found): &(usize, &str)| {
            *found == "\n" || rest[at + found.len()..].chars().next().is_none_or(char::is_whitespace)
        };
        let end = rest.match_indices(['.', '!', '?', ';', '\n']).find(is_end);
        let (sentence, after) = rest.split_at(end.map_or(rest.len(), |(at, found)| at + found.len()));
        rest = after;
        Some(sentence.trim())
    })
}

/// "If you still see errors, please contact us" says nothing of the incident; nor does a question.
fn is_advice(sentence: &str) -> bool {
    sentence.starts_with("if ")
        || sentence.starts_with("please ")
        || sentence.starts_with("should you")
        || sentence.contains(" if you")
        || sentence.ends_with('?')
}

/// Whether the sentence says that it is over or that it is not; mostly it says neither. `watched`: somebody still
/// watches, so that good words are not yet the end.
fn verdict(words: &[&str], watched: bool) -> Option<bool> {
    let mut verdict = None;
    for at in 0..words.len() {
        let found = participle(words, at)
            .map(|start| (start, at + 1))
            .or_else(|| Some((at, at + WELL.iter().find(|well| !watched && words[at..].starts_with(well))?.len())));
        let Some((start, end)) =
            found.filter(|(start, _)| !words[..*start].iter().any(|word| ELSEWHERE.contains(word)))
        else {
            continue;
        };
        if is_taken_back(words, start, end) {
            return Some(false);
        }
        verdict = Some(true);
    }
    verdict
}

/// Where the verb begins that ends in the participle at this position.
fn participle(words: &[&str], at: usize) -> Option<usize> {
    let is_done = || DONE.contains(&words[at]) && words[..at].iter().any(|word| MAINTENANCE.contains(word));
    if !ENDED.contains(&words[at]) && !is_done() {
        return None;
    }
    // "been" alone is no verb; "not" may stand in between, and is judged later.
    let mut start = at;
    while start > 0 && at - start < 6 && (ADVERBS.contains(&words[start - 1]) || DENIED.contains(&words[start - 1])) {
        start -= 1;
    }
    let helper = words[..start].last()?;
    (HELPERS.contains(helper) || helper.ends_with("n't") || helper.ends_with("'s")).then(|| start - 1)
}

fn is_taken_back(words: &[&str], start: usize, end: usize) -> bool {
    let (before, verb, after) = (&words[..start], &words[start..end], &words[end..]);
    let is_denied = verb.iter().any(|word| DENIED.contains(word) || word.ends_with("n't"));
    // What somebody could not do is often what is over: "the issue where users could not log in has been resolved".
    let names_the_trouble = before.iter().any(|word| ["where", "that", "which", "causing", "caused"].contains(word));
    let is_promised = before.iter().any(|word| PROMISED.contains(word));
    let is_doubted = before.iter().any(|word| DOUBTED.contains(word) || word.ends_with("n't"));
    let is_for_some = before.iter().take(3).any(|word| SOME.contains(word)) && !names_the_trouble
        || after.windows(2).any(|pair| ["for", "in"].contains(&pair[0]) && SOME.contains(&pair[1]))
        || after.windows(3).any(|three| {
            ["for", "in"].contains(&three[0]) && ["a", "the"].contains(&three[1]) && SOME.contains(&three[2])
        });
    let is_excepted = before.iter().any(|word| ["except", "excluding", "apart", "besides"].contains(word));
    is_denied
        || is_promised
        || is_excepted
        || (is_doubted && !names_the_trouble)
        || is_for_some
        || after.iter().any(|word| BUT.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_in_few_ways() {
        for text in [
            "The issue has been resolved.",
            "This incident is now resolved. We are sorry for the trouble.",
            "All issues have been fully resolved and every service is operating normally.",
            "The connection trouble was resolved at 10:30 UTC.",
            "Issue resolved.",
            "It's resolved!",
            "Logins are back to normal. If you still see errors, please contact our support.",
            "Response times have returned to normal",
            "Between 9 and 10 some requests failed. The service is operating normally.",
            "The issue where some users could not log in has been resolved.",
            "A fault which caused errors for most customers has been fixed.",
            "The platform is available again, we apologize for the trouble.",
            "Everything is up and running again; thanks for your patience.",
            "The issue has been resolved. We will continue to monitor.",
            "Die Störung wurde behoben.",
            "Das Problem ist vollständig behoben",
            "L'incident est résolu.",
            "The maintenance has been completed.",
            "We can confirm that the fault has been resolved.",
        ] {
            assert!(says_over(text), "{text}");
        }
    }

    #[test]
    fn it_is_taken_back_in_many() {
        for text in [
            "",
            "We are looking into it.",
            "The issue has not been resolved.",
            "The issue hasn't been resolved",
            "The issue is not yet resolved.",
            "This is not resolved",
            "The issue will be resolved soon.",
            "It should be resolved by 10:30.",
            "The issue can be resolved by a restart.",
            "We will post once this has been resolved.",
            "Next news in an hour or when the issue has been resolved.",
            "We expect that everything is back to normal by noon.",
            "We are working to get all services back to normal.",
            "We hope to be fully operational tonight",
            "The issue has been partially resolved.",
            "It is mostly resolved",
            "The issue has been resolved for some customers.",
            "It is resolved for a subset of regions.",
            "Most services have been restored.",
            "The majority of servers have recovered.",
            "It has been resolved in Europe, but not elsewhere.",
            "Everything is back to normal except uploads.",
            "All models except the smallest are available again.",
            "The database fault has been resolved. We are still investigating slow searches.",
            "The fault has been resolved. However, queues are long.",
            "Searches are back to normal; uploads remain slow.",
            "Error rates are back to normal. We continue to monitor.",
            "A fix is out and we believe the issue is resolved.",
            "It appears that the issue has been resolved",
            "The previous incident has been resolved.",
            "The problem is being resolved.",
            "Unresolved.",
            "Users cannot access the fixed price list",
            "Names are resolved slowly and time out",
            "Das Problem ist noch nicht behoben.",
            "Wir melden uns, sobald die Störung behoben ist.",
            "The release will be complete when all parts have arrived",
            "If the issue has been resolved for you, tell us.",
            "Has the issue been resolved?",
            "Uploads are slow. All other services are operating normally.",
            "Uploads fail. The rest of the site is fully operational",
            "The web site is operating normally. The API is down.",
            "It was resolved at 9:00. We are seeing the same errors once more.",
        ] {
            assert!(!says_over(text), "{text}");
        }
    }
}
