//! What an overview costs the store while nothing changes.
use local::dynamodb::DynamoDb;
use status::{
    page_state::PageState,
    snapshot::{Coverage, Listing, Page, Snapshot},
};
use store::{Commit, PageHead, PageRecord};

use super::*;

/// A cache that asks each time, over a table of its own.
struct World {
    cache: OverviewCache,
    _dynamodb: DynamoDb,
}

/// As many as it takes but for the states of pages: rounds, pages, what is watched, faults, filters.
const LIGHT: u64 = 5;
const ALL: u64 = LIGHT + 2;

impl World {
    async fn start() -> Self {
        let dynamodb = DynamoDb::open(None).unwrap();
        store::table::create_if_absent(&dynamodb.client(), "statuswire").await.unwrap();
        let store = Store::new(&dynamodb.client(), "statuswire");
        let cache = OverviewCache { ttl: Duration::ZERO, ..OverviewCache::new(store, true) };
        let world = Self { cache, _dynamodb: dynamodb };
        // Whom alerts go to is kept for a minute.
        world.cache.get().await.unwrap();
        world
    }

    /// The queries that the next overview takes.
    async fn queries(&self) -> u64 {
        let before = self.cache.store.counts().reads;
        self.cache.get().await.unwrap();
        self.cache.store.counts().reads - before
    }

    /// A round ends, and says when the newest that wrote something did.
    async fn round(&self, shard: u64, changed_ago: Option<i64>) {
        let now = Timestamp::now();
        let changed_at = changed_ago.map(|seconds| now - SignedDuration::from_secs(seconds));
        let round = Round { shard, of: 2, began_at: now, pages: 1, unreadable: 0, no_internet_since: None, changed_at };
        self.cache.store.put_round(&round, "poller").await.unwrap();
    }

    /// The first read of a page of the catalogue.
    async fn commit(&self) {
        let now = Timestamp::now();
        let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
        let snapshot = Snapshot { page: Page::default(), components: Vec::new(), incidents: Vec::new(), coverage };
        let (provider, page_state) = ("github".into(), PageState::baseline(&snapshot, now));
        let commit = Commit {
            incidents: Vec::new(),
            page_summary: Some(PageSummary::of(&provider, &page_state)),
            page: PageRecord { head: PageHead::of_read(&provider, 1, "digest".to_owned(), &page_state), page_state },
            read_version: None,
            alerts: Vec::new(),
            now,
        };
        self.cache.store.commit(&commit).await.unwrap();
    }

    async fn shows(&self) -> bool {
        self.cache.get().await.unwrap().get("github").unwrap().page_summary.is_some()
    }
}

#[tokio::test]
async fn states_of_pages_are_read_once_while_no_round_writes_anything() {
    let world = World::start().await;
    assert_eq!(world.queries().await, ALL, "there is no round yet");
    world.round(0, Some(60)).await;
    assert_eq!(world.queries().await, ALL);
    for _ in 0..3 {
        assert_eq!(world.queries().await, LIGHT);
    }
    // A second poller says when it changed something, too.
    world.round(1, Some(90)).await;
    assert_eq!([world.queries().await, world.queries().await], [ALL, LIGHT]);
    world.commit().await;
    assert!(!world.shows().await, "the round that wrote it has not ended");
    world.round(1, Some(30)).await;
    assert!(world.shows().await);
    assert_eq!(world.queries().await, LIGHT);
}

#[tokio::test]
async fn change_of_a_moment_ago_is_read_again_until_the_index_has_it() {
    let world = World::start().await;
    world.round(0, Some(1)).await;
    assert_eq!([world.queries().await, world.queries().await], [ALL, ALL]);
}

#[tokio::test]
async fn poller_that_does_not_say_what_changed_is_asked_each_time() {
    let world = World::start().await;
    world.round(0, Some(60)).await;
    world.round(1, None).await;
    assert_eq!([world.queries().await, world.queries().await], [ALL, ALL]);
}
