//! A status page that a story can describe in a line, rendered in the shape of Atlassian Statuspage.
use jiff::Timestamp;
use serde_json::{Value, json};

/// The content of the page.
#[derive(Clone, Debug, Default)]
pub struct StatusPage {
    /// Name and status, e.g. `("API", "operational")`.
    pub components: Vec<(String, String)>,
    pub incidents: Vec<Incident>,
    pub maintenances: Vec<Maintenance>,
}

#[derive(Clone, Debug)]
pub struct Maintenance {
    pub id: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Oldest first: phase and text.
    pub updates: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Incident {
    pub id: String,
    pub title: String,
    pub impact: String,
    /// Names of the components it names.
    pub components: Vec<String>,
    /// Oldest first: phase and text.
    pub updates: Vec<(String, String)>,
    /// In minutes after the time at which the others begin.
    pub begins: i64,
}

impl StatusPage {
    /// A page whose components are all operational.
    pub fn operational(components: &[&str]) -> Self {
        let operational = |name: &&str| ((*name).to_owned(), "operational".to_owned());
        Self { components: components.iter().map(operational).collect(), ..Self::default() }
    }

    pub fn with(mut self, incident: Incident) -> Self {
        self.incidents.push(incident);
        self
    }

    pub fn with_maintenance(mut self, maintenance: Maintenance) -> Self {
        self.maintenances.push(maintenance);
        self
    }

    pub fn set(mut self, component: &str, status: &str) -> Self {
        for (name, current) in &mut self.components {
            if name == component {
                *current = status.to_owned();
            }
        }
        self
    }

    /// `/api/v2/summary.json`: what is not over.
    pub fn summary(&self) -> Value {
        let open: Vec<Value> =
            self.incidents.iter().filter(|incident| !incident.is_over()).map(Incident::json).collect();
        json!({
            "page": {"id": "tw1xs08pd4j7", "name": "Acme", "url": "https://status.acme.test", "time_zone": "Etc/UTC", "updated_at": time(0)},
            "status": {"indicator": "none", "description": "as it is"},
            "components": self.components.iter().map(|(name, status)| json!({
                "id": component_id(name), "name": name, "status": status, "created_at": time(0), "updated_at": time(0),
                "position": 1, "description": null, "showcase": true, "start_date": null, "group_id": null,
                "page_id": "tw1xs08pd4j7", "group": false, "only_show_if_degraded": false,
            })).collect::<Vec<_>>(),
            "incidents": open,
            "scheduled_maintenances": self.maintenances.iter().filter(|it| !it.is_over()).map(Maintenance::json).collect::<Vec<_>>(),
        })
    }

    /// `/api/v2/incidents.json`: the history, newest first.
    pub fn history(&self) -> Value {
        let all: Vec<Value> = self.incidents.iter().rev().map(Incident::json).collect();
        json!({"page": self.summary()["page"], "incidents": all})
    }

    /// `/api/v2/scheduled-maintenances.json`: all maintenance, newest first.
    pub fn maintenance_history(&self) -> Value {
        let all: Vec<Value> = self.maintenances.iter().rev().map(Maintenance::json).collect();
        json!({"page": self.summary()["page"], "scheduled_maintenances": all})
    }
}

impl Incident {
    pub fn new(id: &str, components: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            title: format!("Trouble {id}"),
            impact: "major".to_owned(),
            components: components.iter().map(|name| (*name).to_owned()).collect(),
            updates: Vec::new(),
            begins: 0,
        }
    }

    /// At about this time.
    pub fn begun_at(mut self, at: Timestamp) -> Self {
        self.begins = (at.as_second() - BEGINNING) / 60;
        self
    }

    pub fn post(mut self, phase: &str) -> Self {
        let text = format!("Update {} of {}", self.updates.len() + 1, self.id);
        self.updates.push((phase.to_owned(), text));
        self
    }

    fn is_over(&self) -> bool {
        is_over(&self.updates)
    }

    fn json(&self) -> Value {
        let components: Vec<Value> = self
            .components
            .iter()
            .map(|name| json!({"id": component_id(name), "name": name, "status": "major_outage"}))
            .collect();
        let mut incident = posted(&self.id, &self.title, &self.updates, self.begins);
        incident["impact"] = json!(self.impact);
        incident["started_at"] = json!(time(self.begins + 1));
        incident["components"] = json!(components);
        incident
    }
}

impl Maintenance {
    pub fn new(id: &str, starts_at: Timestamp, ends_at: Timestamp) -> Self {
        let updates = Vec::new();
        Self { id: id.to_owned(), starts_at, ends_at, updates }
    }

    pub fn post(mut self, phase: &str) -> Self {
        let text = format!("Update {} of {}", self.updates.len() + 1, self.id);
        self.updates.push((phase.to_owned(), text));
        self
    }

    fn is_over(&self) -> bool {
        is_over(&self.updates)
    }

    fn json(&self) -> Value {
        let mut maintenance = posted(&self.id, &format!("Work {}", self.id), &self.updates, 0);
        maintenance["impact"] = json!("maintenance");
        maintenance["started_at"] = json!(time(1));
        maintenance["scheduled_for"] = json!(self.starts_at);
        maintenance["scheduled_until"] = json!(self.ends_at);
        maintenance["components"] = json!([]);
        maintenance
    }
}

fn is_over(updates: &[(String, String)]) -> bool {
    updates.last().is_some_and(|(phase, _)| matches!(phase.as_str(), "resolved" | "postmortem" | "completed"))
}

/// The fields that incidents and maintenance share.
fn posted(id: &str, title: &str, updates: &[(String, String)], begins: i64) -> Value {
    let phase = updates.last().map_or("investigating", |(phase, _)| phase);
    let newest = time(begins + updates.len() as i64);
    let rendered: Vec<Value> = updates
        .iter()
        .enumerate()
        .rev()
        .map(|(number, (phase, text))| {
            let at = time(begins + number as i64 + 1);
            json!({
                "id": format!("{id}-{number}"), "incident_id": id, "status": phase, "body": text,
                "created_at": at, "updated_at": at, "display_at": at, "affected_components": null,
            })
        })
        .collect();
    json!({
        "id": id, "name": title, "status": phase, "created_at": time(begins + 1), "updated_at": newest, "monitoring_at": null,
        "resolved_at": is_over(updates).then_some(newest), "shortlink": null, "page_id": "tw1xs08pd4j7",
        "incident_updates": rendered,
    })
}

fn component_id(name: &str) -> String {
    format!("c-{}", name.to_lowercase())
}

/// A time that lies before any test, in seconds.
const BEGINNING: i64 = 1_772_000_000;

/// Minutes after that.
fn time(minutes: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING + 60 * minutes).expect("a moment of the year 2026")
}
