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
        // Milliseconds: an old version of the API.
        (&[], r#"{"retry_after":1500,"global":false}"#, Some(1_500), false),
        (&[("retry-after", "2")], r#"{"retry_after":1500}"#, Some(1_500), false),
        (&[("retry-after", "1500")], r#"{"retry_after":1500}"#, Some(1_500), false),
        (&[("x-ratelimit-reset-after", "0.250")], r#"{"retry_after":250}"#, Some(250), false),
        (
            &[("x-ratelimit-reset-after", "61.2"), ("retry-after", "62")],
            r#"{"retry_after":61200}"#,
            Some(61_200),
            false,
        ),
        (&[("x-ratelimit-reset-after", "900")], r#"{"retry_after":900000,"global":true}"#, Some(900_000), true),
        // Seconds, although they are many.
        (&[("x-ratelimit-reset-after", "600")], r#"{"retry_after":600}"#, Some(600_000), false),
        (&[("retry-after", "601")], r#"{"retry_after":600.25}"#, Some(600_250), false),
        (&[], r#"{"retry_after":2}"#, Some(2_000), false),
        (&[], r#"{"retry_after":99}"#, Some(99_000), false),
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
        (refused(401, 0), "refused"),
        (response(401, "<html>some proxy"), "refused"),
        (refused(404, 10_015), "gone"),
        (refused(404, 10_003), "gone"),
        (refused(404, 0), "refused"),
        (response(404, ""), "refused"),
        (response(410, ""), "gone"),
        (refused(403, 50_013), "refused"),
        (refused(400, 50_024), "refused"),
    ] {
        assert_eq!(word(&case.outcome(discord(), std::slice::from_ref(&said))), expected, "{said:?}");
    }
}

#[test]
fn many_whole_seconds_of_a_new_version_are_seconds() {
    let alert = opened();
    for (version, wait) in [("", 1), ("/v6", 1), ("/v7", 1), ("/v8", 1_000), ("/v10", 1_000)] {
        let settings = settings([("url", &*format!("https://discord.com/api{version}/webhooks/11/token"))]);
        let said = with_headers(429, &[], r#"{"retry_after":1000}"#);
        let Outcome::Retry { after, .. } = Case::new(&alert, &settings).outcome(discord(), &[said]) else { panic!() };
        assert_eq!(after, Some(Duration::from_secs(wait)), "{version}");
    }
}

#[test]
fn success_that_is_not_discords_is_no_delivery() {
    let (alert, settings) = (opened(), hook());
    let handle = kept(&settings);
    for (status, body, expected) in [
        (200, r#"{"id":"777","channel_id":"5","content":""}"#, "delivered"),
        (204, "", "delivered"),
        (200, "<html><body>Sign in to the network</body></html>", "retry"),
        (200, "no_service", "refused"),
        (200, r#"{"message":"Unknown Webhook","code":10015}"#, "gone"),
        (200, r#"{"message":"Something","code":1}"#, "refused"),
        (302, "", "refused"),
    ] {
        let post = Case::new(&alert, &settings).outcome(discord(), &[response(status, body)]);
        assert_eq!(word(&post), expected, "{status} {body}");
        if expected != "delivered" {
            let edit = later(&alert, &settings, &handle).outcome(discord(), &[response(status, body)]);
            assert_eq!(word(&edit), expected, "{status} {body}");
        }
    }
}
