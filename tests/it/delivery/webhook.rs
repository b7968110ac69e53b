//! Webhooks during a change of their key, with custom headers.
use standardwebhooks::Webhook;
use tests::{
    receiver::Receiver,
    world::{SECRET, destination},
};

use super::{play, world_with};

const PREVIOUS: &str = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

#[tokio::test]
async fn webhook_is_signed_with_both_keys_and_has_the_custom_headers() {
    let receiver = Receiver::start().await;
    // A receiver that does not know the new key yet.
    receiver.fakes.set_webhook_secret("/hook", PREVIOUS);
    let settings = format!(
        "url = '{}'\nsecret = '{SECRET}'\nprevious_secret = '{PREVIOUS}'\n\
         headers = {{ X-Team = 'platform', Authorization = 'Bearer s3cret' }}",
        receiver.url("/hook")
    );
    let world = world_with(receiver, &destination("hook", "webhook", &settings), &["hook"]).await;
    play(&world, "i1").await;

    assert_eq!(world.receiver.events(), ["opened i1", "updated i1", "updated i1", "resolved i1"]);
    let other_key = Webhook::new("whsec_MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg3NjU0MzI=").unwrap();
    for message in world.receiver.messages() {
        for secret in [SECRET, PREVIOUS] {
            Webhook::new(secret).unwrap().verify(&message.raw, &message.headers).unwrap();
        }
        other_key.verify(&message.raw, &message.headers).unwrap_err();
        assert_eq!(
            (&message.headers["x-team"], &message.headers["authorization"]),
            (&"platform".parse().unwrap(), &"Bearer s3cret".parse().unwrap())
        );
    }
    let widened: Vec<_> =
        world.receiver.messages().iter().map(|it| it.json()["data"]["alert"]["widened"].clone()).collect();
    assert_eq!(widened, [false, false, true, false]);
    world.finish().await;
}
