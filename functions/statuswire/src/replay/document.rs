//! The documents of the replayed page, in the shape of incident.io. Times, phases and components are those of the real
//! incident; the texts are ours. No update ever names one of the eight components as recovered.
use serde_json::{Value, json};

/// The last two updates leave out the first of them.
const COMPONENTS: [&str; 8] = [
    "Machine authentication",
    "Webhooks",
    "B2B SaaS",
    "Email delivery",
    "SMS delivery",
    "User and authentication",
    "Billing",
    "Session management",
];

pub(super) struct Post {
    pub(super) at: &'static str,
    phase: &'static str,
    text: &'static str,
    /// The number of components it names, from the end of the list.
    named: usize,
    status: &'static str,
}

pub(super) const POSTS: [Post; 5] = [
    Post {
        at: "2026-03-10T15:53:00Z",
        phase: "investigating",
        text: "Some requests take longer than they should, across most products. We are looking for the reason.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:17:00Z",
        phase: "investigating",
        text: "The slow requests go on. We have found where the time is lost, but not yet why.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:24:00Z",
        phase: "investigating",
        text: "We are trying a first remedy. The same products are affected as before.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:34:00Z",
        phase: "monitoring",
        text: "The remedy helps: response times are back to normal. We keep watching.",
        named: 7,
        status: "operational",
    },
    Post {
        at: "2026-03-10T17:26:00Z",
        phase: "resolved",
        text: "Everything has been normal for a while. The incident is over.",
        named: 7,
        status: "operational",
    },
];

fn component_id(number: usize) -> String {
    format!("01CLERKCOMPONENT{number:010}")
}

/// The page after this many posts.
pub(super) fn summary(id: &str, posted: usize) -> Value {
    let open = (1..POSTS.len()).contains(&posted);
    let ongoing: Vec<Value> = open.then(|| incident(id, posted)).into_iter().collect();
    // The page shows a component as affected until a post names it as operational; the one that no post names, until
    // the incident is resolved.
    let affected = match posted {
        1..=3 => 0..8,
        4 => 0..1,
        _ => 0..0,
    };
    let components = || COMPONENTS.iter().enumerate();
    json!({"summary": {
        "id": "01CLERKPAGE000000000000000",
        "name": "Clerk",
        "subpath": "",
        "public_url": "https://status.clerk.com",
        "components": components()
            .map(|(n, name)| json!({"id": component_id(n), "name": name, "status_page_id": "01CLERKPAGE000000000000000"}))
            .collect::<Vec<_>>(),
        "affected_components": affected
            .map(|n| json!({"component_id": component_id(n), "status": "degraded_performance"}))
            .collect::<Vec<_>>(),
        "ongoing_incidents": ongoing,
        "scheduled_maintenances": [],
        "in_progress_maintenances": [],
        "structure": {"id": "01CLERKSTRUCTURE0000000000", "status_page_id": "01CLERKPAGE000000000000000", "items": components()
            .map(|(n, name)| json!({"component": {"component_id": component_id(n), "name": name, "hidden": false}}))
            .collect::<Vec<_>>()},
        "expose_status_summary_api": false,
    }})
}

/// The incident after this many posts, of which there is at least one.
pub(super) fn incident(id: &str, posted: usize) -> Value {
    let posts = &POSTS[..posted];
    let updates: Vec<Value> = posts.iter().enumerate().map(|(number, post)| update(id, number, post)).collect();
    let phase = posts.last().map_or("investigating", |post| post.phase);
    let affected: Vec<Value> = (0..COMPONENTS.len())
        .map(|n| json!({"component_id": component_id(n), "status": "degraded_performance", "current_status": "operational"}))
        .collect();
    json!({
        "id": id,
        "name": "Slow requests across most products",
        "type": "incident",
        "status": phase,
        "status_page_id": "01CLERKPAGE000000000000000",
        "published_at": POSTS[0].at,
        "updates": updates,
        "component_impacts": [],
        "status_summaries": [],
        "affected_components": affected,
    })
}

fn update(incident: &str, number: usize, post: &Post) -> Value {
    let named: Vec<Value> = (COMPONENTS.len() - post.named..COMPONENTS.len())
        .map(|n| json!({"component_id": component_id(n), "status": post.status}))
        .collect();
    json!({
        "id": format!("{}{number}", &incident[..25]),
        "published_at": post.at,
        "to_status": post.phase,
        "message_string": post.text,
        "component_statuses": named,
        "automated_update": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(document: &Value, update: usize) -> usize {
        document["summary"]["ongoing_incidents"][0]["updates"][update]["component_statuses"].as_array().unwrap().len()
    }

    #[test]
    fn seven_of_eight_components_are_named_as_recovered() {
        let document = summary("01CLERK0000000000000000001", 4);
        let counts: Vec<usize> = (0..4).map(|update| named(&document, update)).collect();
        assert_eq!(counts, [8, 8, 8, 7]);
        assert_eq!(document["summary"]["affected_components"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn page_is_operational_before_the_first_post_and_after_the_last() {
        for posted in [0, POSTS.len()] {
            let document = summary("01CLERK0000000000000000001", posted);
            assert!(document["summary"]["ongoing_incidents"].as_array().unwrap().is_empty());
            assert!(document["summary"]["affected_components"].as_array().unwrap().is_empty());
        }
    }
}
