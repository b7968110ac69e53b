//! Teams: a card for each alert that needs attention, and none for other updates.
use store::DeliveryEnd;
use tests::{receiver::Receiver, world::destination};

use super::{COURSE, alert_id, headline, play, world_with};

#[tokio::test]
async fn teams_gets_cards_for_opening_escalation_and_end() {
    let receiver = Receiver::start().await;
    for (flow, form) in [("flow1", "wrapped"), ("flow2", "bare")] {
        if form == "bare" {
            receiver.fakes.set_teams_flow_bare(flow);
        }
        let url = receiver.url(&format!("/workflows/{flow}/triggers/manual/paths/invoke?sig=s3cret"));
        let settings = destination("teams", "teams", &format!("url = '{url}'\ncard = '{form}'"));
        let world = world_with(receiver.clone(), &settings, &["teams"]).await;
        play(&world, "i1").await;

        let cards = receiver.fakes.teams_cards(flow);
        let headlines: Vec<&str> =
            cards.iter().map(|card| card.content["body"][0]["inlines"][0]["text"].as_str().unwrap()).collect();
        assert_eq!(headlines, [COURSE[0], COURSE[2], COURSE[3]].map(|state| headline("i1", state)), "{form}");
        assert_eq!(receiver.fakes.received_at(flow).len(), 3, "the update in between is not sent");
        let alerts = [("opened", "open"), ("updated", "i1-1"), ("updated", "i1-2"), ("resolved", "end")];
        let ends = [DeliveryEnd::Sent, DeliveryEnd::Skipped, DeliveryEnd::Sent, DeliveryEnd::Sent];
        for ((event, newest), end) in alerts.into_iter().zip(ends) {
            assert_eq!(
                world.delivery_end("i1", &alert_id("i1", event, newest), "teams").await,
                end,
                "{event} {newest}"
            );
        }
        world.finish().await;
    }
}
