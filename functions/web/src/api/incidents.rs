//! `/api/v1/incidents`: the incidents and maintenance of all providers, and one of them with its updates.
use std::cmp::Reverse;

use jiff::{Timestamp, tz::Offset};
use status::{
    ids::ProviderId,
    page_state::IncidentState,
    page_summary::{OpenItem, since},
    paths,
    snapshot::Kind,
    words::Severity,
};
use store::Cursor;

use super::{
    problem::Problem,
    query::{CURSOR, KIND, LIMIT, Parameter, Query, ValueType},
    route::{Outcome, json, json_list},
    types::{IncidentList, IncidentRow},
    view,
};
use crate::{
    model::{filtered_page::filtered_page, overview::Overview},
    state::Web,
};

pub(super) static LIST: [Parameter; 6] = [
    Parameter {
        name: "open",
        description: "Only open incidents and maintenance, scheduled maintenance included; or only ended ones.",
        value_type: ValueType::Boolean,
        required: false,
        example: "true",
    },
    KIND,
    Parameter {
        name: "severity",
        description: "Only of this severity.",
        value_type: ValueType::OneOf(|| SEVERITIES.map(Severity::as_str).to_vec()),
        required: false,
        example: "major",
    },
    Parameter {
        name: "since",
        description: "Only what started on this day (UTC) or later.",
        value_type: ValueType::Date,
        required: false,
        example: "2026-03-01",
    },
    LIMIT,
    CURSOR,
];
const SEVERITIES: [Severity; 3] = [Severity::Major, Severity::Minor, Severity::Maintenance];

pub(super) async fn list(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    let (incidents, next) = match query.boolean("open") {
        Some(true) => open(&web, &overview, &query).await?,
        open => {
            let now = Timestamp::now();
            let read = |before: Option<Cursor>, limit| {
                let (store, overview) = (web.store.clone(), overview.clone());
                async move {
                    let row = |id: ProviderId, incident_state: IncidentState| {
                        let row = view::incident_state(&view::provider_ref(&id, &overview), &incident_state);
                        (Sifted { is_private: overview.is_private(&id), ..Sifted::of(&incident_state) }, row)
                    };
                    store.recent_page(now, before.as_ref(), limit, row).await
                }
            };
            let matches = |(sifted, row): &(Sifted, IncidentRow)| {
                open.is_none_or(|open| row.open == open) && sifted.is_wanted(&query)
            };
            let (incidents, next) = filtered_page(query.cursor(), query.limit(), read, matches).await?;
            (incidents.into_iter().map(|(_, row)| row).collect(), next)
        }
    };
    let next = next.map(|cursor| cursor.to_string());
    Ok(json_list(&query, next.clone(), &IncidentList { incidents, next }))
}

/// What the parameters filter by.
struct Sifted {
    kind: Kind,
    severity: Severity,
    since: Timestamp,
    is_private: bool,
}

impl Sifted {
    fn of(state: &IncidentState) -> Self {
        Self { kind: state.incident.kind, severity: state.severity, since: since(state), is_private: false }
    }

    fn is_wanted(&self, query: &Query) -> bool {
        let is_kind = |word: &str| (word == "incident") == (self.kind == Kind::Incident);
        let earliest = query.date("since").and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok());
        !self.is_private
            && query.text("kind").is_none_or(is_kind)
            && query.text("severity").is_none_or(|word| word == self.severity.as_str())
            && earliest.is_none_or(|earliest| self.since >= earliest)
    }
}

impl From<&OpenItem> for Sifted {
    fn from(item: &OpenItem) -> Self {
        Self { kind: item.kind, severity: item.severity, since: item.since, is_private: false }
    }
}

/// Every open incident, however old: from the overview, or from the page state where a summary does not hold them all.
async fn open(web: &Web, overview: &Overview, query: &Query) -> Result<(Vec<IncidentRow>, Option<Cursor>), Problem> {
    let mut all: Vec<(Reverse<Cursor>, IncidentRow)> = Vec::new();
    for page_summary in overview.rows.iter().filter_map(|row| row.page_summary.as_ref()) {
        let (id, provider) = (&page_summary.provider, view::provider_ref(&page_summary.provider, overview));
        let page = if page_summary.more_open > 0 { web.store.page(id).await? } else { None };
        let Some(page) = page else {
            let items = page_summary.open.iter().filter(|item| Sifted::from(*item).is_wanted(query));
            all.extend(items.map(|item| {
                let cursor = Cursor::new(item.since, id, item.kind, &item.id);
                (Reverse(cursor), view::open_item(&provider, item))
            }));
            continue;
        };
        let open = page.page_state.incidents.iter().filter(|it| it.is_open() && Sifted::of(it).is_wanted(query));
        all.extend(open.map(|it| {
            let cursor = Cursor::new(since(it), id, it.incident.kind, &it.incident.id);
            (Reverse(cursor), view::incident_state(&provider, it))
        }));
    }
    let before = query.cursor();
    all.retain(|(Reverse(cursor), _)| before.as_ref().is_none_or(|before| cursor < before));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let more = all.len() > query.limit();
    all.truncate(query.limit());
    let next = all.last().filter(|_| more).map(|(Reverse(cursor), _)| cursor.clone());
    Ok((all.into_iter().map(|(_, row)| row).collect(), next))
}

/// An incident or a maintenance: an id is unique among both.
pub(super) async fn one(web: Web, query: Query) -> Outcome {
    let (provider, id) = (ProviderId::new(query.segment("provider")), paths::incident_id(query.segment("id")));
    let overview = web.overview_cache.get().await?;
    let (incident_state, page) =
        tokio::try_join!(web.store.incident(&provider, Kind::Incident, &id), web.store.page(&provider))?;
    let Some(incident_state) = incident_state.filter(|_| !overview.is_private(&provider)) else {
        return Err(Problem::not_found("This provider has no incident or maintenance with this ID."));
    };
    let page_state = page.as_ref().map(|page| &page.page_state);
    Ok(json(&view::incident(&view::provider_ref(&provider, &overview), &incident_state, page_state)))
}
