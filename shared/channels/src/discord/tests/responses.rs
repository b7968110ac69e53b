//! What the responses of Discord mean: rate limits and refusals.
use super::*;

#[test]
fn used_up_allowance_is_a_cooldown() {
    let (alert, settings) = (resolved(), hook());
    let handle = kept(&settings);
    let said = |remaining, after| {
        let headers = [("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset-After", after)];
        with_headers(200, &headers, r#"{"id":"777"}"#)
    };
    let rest = |case: &Case<'_>, responses: &[Response]| match case.outcome(discord(), responses) {
        Outcome::Delivered { cooldown, .. } => cooldown,
        other => panic!("{other:?}"),
    };
    let first = Case::new(&alert, &settings);
    for (remaining, after, expected) in [
        ("0", "1.25", Some(Duration::from_millis(1_250))),
        ("4", "1.25", None),
        ("0", "soon", None),
        ("0", "-1", None),
        ("0", "NaN", Some(Duration::from_secs(3_600))),
        ("0", "1e300", Some(Duration::from_secs(3_600))),
    ] {
        assert_eq!(rest(&first, &[said(remaining, after)]), expected, "{remaining} {after}");
    }
    let second = later(&alert, &settings, &handle);
    assert_eq!(rest(&second, &[said("0", "2"), said("3", "2")]), Some(Duration::from_secs(2)));
}

#[test]
fn throttled_response_says_for_how_long_and_whom() {
    let alert = opened();
    let stand_in = settings([("url", "https://hooks.example/in")]);
    let own = hook();
    for (headers, body, wait, everyone) in [
        (&[][..], r#"{"retry_after":64.57,"global":false}"#, Some(64_570), false),
        (&[("retry-after", "65")], r#"{"message":"slow down"}"#, Some(65_000), false),
        (&[("retry-after", "65")], r#"{"retry_after":64.5,"global":true}"#, Some(64_500), true),
        (&[("x-ratelimit-global", "true")], r#"{"retry_after":1}"#, Some(1_000), true),
        (&[("x-ratelimit-scope", "global")], r#"{"retry_after":1}"#, Some(1_000), true),
        (&[("x-ratelimit-scope", "shared")], r#"{"retry_after":1}"#, Some(1_000), false),
        (&[("retry-after", "900")], "<html>error code: 1015", Some(900_000), true),
        (&[], r#"{"retry_after":1e300}"#, Some(3_600_000), false),
        (&[], r#"{"retry_after":-1}"#, None, false),
    ] {
        let said = with_headers(429, headers, body);
        for (settings, everyone) in [(&own, everyone), (&stand_in, false)] {
            match Case::new(&alert, settings).outcome(discord(), std::slice::from_ref(&said)) {
                Outcome::Retry { after, everyone: all, .. } => {
                    assert_eq!((after, all), (wait.map(Duration::from_millis), everyone), "{body}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn withdrawn_token_disables_the_destination() {
    let (alert, settings) = (opened(), hook());
    let case = Case::new(&alert, &settings);
    for (said, expected) in [
        (refused(401, 50_027), "gone"),
        (response(401, "<html>some proxy"), "rejected"),
        (refused(404, 10_015), "gone"),
        (response(404, ""), "gone"),
        (refused(403, 50_013), "rejected"),
        (refused(400, 50_035), "rejected"),
    ] {
        assert_eq!(word(&case.outcome(discord(), std::slice::from_ref(&said))), expected, "{said:?}");
    }
}
