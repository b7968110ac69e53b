//! `/api/v1/incidents`: of all providers, and one with all that was said of it.
use std::cmp::Reverse;

use jiff::Timestamp;
use status::{
    ids::{IncidentId, ProviderId},
    page_state::IncidentState,
    page_summary::since,
    snapshot::Kind,
};
use store::Cursor;

use crate::{
    Web,
    api::{
        Answered,
        ask::{Asked, CURSOR, Is, KIND, LIMIT, Parameter},
        gather::gather,
        json, listed,
        model::{IncidentList, IncidentRow},
        problem::Problem,
        view,
    },
    overview::Overview,
};

pub(crate) static LIST: [Parameter; 4] = [
    Parameter {
        name: "open",
        about: "Only those that are not over, planned work among them; or only those that are.",
        is: Is::Flag,
        required: false,
        example: "true",
    },
    KIND,
    LIMIT,
    CURSOR,
];

pub(crate) async fn list(web: Web, asked: Asked) -> Answered {
    let overview = web.overviews.get().await?;
    let (incidents, next) = match asked.flag("open") {
        Some(true) => open(&web, &overview, &asked).await?,
        open => {
            let now = Timestamp::now();
            let read = |before: Option<Cursor>, limit| {
                let store = web.store.clone();
                async move { store.recent_page(now, before.as_ref(), limit).await }
            };
            let fits = |(_, incident_state): &(ProviderId, IncidentState)| {
                open.is_none_or(|open| incident_state.is_open() == open)
                    && of_kind(&asked, incident_state.incident.kind)
            };
            let (found, next) = gather(asked.place(), asked.limit(), read, fits).await?;
            let row =
                |(id, incident_state): &_| view::incident_state(&view::provider_ref(id, &overview), incident_state);
            (found.iter().map(row).collect(), next)
        }
    };
    let next = next.map(|place| place.to_string());
    Ok(listed(&asked, next.clone(), &IncidentList { incidents, next }))
}

fn of_kind(asked: &Asked, kind: Kind) -> bool {
    asked.text("kind").is_none_or(|word| (word == "incident") == (kind == Kind::Incident))
}

/// However long ago they began: from the overview, and of a provider with more than a glance holds from its page.
async fn open(web: &Web, overview: &Overview, asked: &Asked) -> Result<(Vec<IncidentRow>, Option<Cursor>), Problem> {
    let mut all: Vec<(Reverse<Cursor>, IncidentRow)> = Vec::new();
    for page_summary in overview.rows.iter().filter_map(|row| row.page_summary.as_ref()) {
        let (id, provider) = (&page_summary.provider, view::provider_ref(&page_summary.provider, overview));
        let page = if page_summary.more_open > 0 { web.store.page(id).await? } else { None };
        let Some(page) = page else {
            let items = page_summary.open.iter().filter(|item| of_kind(asked, item.kind));
            all.extend(items.map(|item| {
                let place = Cursor::new(item.since, id, item.kind, &item.id);
                (Reverse(place), view::open_item(&provider, item))
            }));
            continue;
        };
        let open = page.page_state.incidents.iter().filter(|it| it.is_open() && of_kind(asked, it.incident.kind));
        all.extend(open.map(|it| {
            let place = Cursor::new(since(it), id, it.incident.kind, &it.incident.id);
            (Reverse(place), view::incident_state(&provider, it))
        }));
    }
    let before = asked.place();
    all.retain(|(Reverse(place), _)| before.as_ref().is_none_or(|before| place < before));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let more = all.len() > asked.limit();
    all.truncate(asked.limit());
    let next = all.last().filter(|_| more).map(|(Reverse(place), _)| place.clone());
    Ok((all.into_iter().map(|(_, row)| row).collect(), next))
}

/// An incident or a maintenance: vendors rarely use one id for both, and then the incident is meant.
pub(crate) async fn one(web: Web, asked: Asked) -> Answered {
    let (provider, id) = (ProviderId::new(asked.segment("provider")), IncidentId::new(asked.segment("id")));
    let (overview, (incident, maintenance, page)) = (web.overviews.get().await?, {
        let of_kind = |kind| web.store.incident(&provider, kind, &id);
        tokio::try_join!(of_kind(Kind::Incident), of_kind(Kind::Maintenance), web.store.page(&provider))?
    });
    let Some(incident_state) = incident.or(maintenance) else {
        return Err(Problem::not_found("No incident and no maintenance of this provider has this id."));
    };
    let page_state = page.as_ref().map(|page| &page.page_state);
    Ok(json(&view::incident(&view::provider_ref(&provider, &overview), &incident_state, page_state)))
}
