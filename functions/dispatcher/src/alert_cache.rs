//! The alerts read most recently. One alert goes to many destinations and never changes, so it is read once for all.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use status::{alert::Alert, ids::AlertId};
use store::{Store, StoreError};

/// Few, because a large alert takes some hundred KB.
const CAPACITY: usize = 32;

/// Newest first.
#[derive(Default)]
pub(crate) struct AlertCache(Mutex<VecDeque<Arc<Alert>>>);

impl AlertCache {
    /// `None`: no alert with this id is stored.
    pub(crate) async fn get(&self, store: &Store, id: &AlertId) -> Result<Option<Arc<Alert>>, StoreError> {
        let find = |cache: &VecDeque<Arc<Alert>>| cache.iter().find(|alert| alert.id == *id).cloned();
        if let Some(alert) = find(&self.0.lock().expect("nothing panics while holding the alerts")) {
            return Ok(Some(alert));
        }
        let Some(alert) = store.alert(id).await?.map(Arc::new) else {
            return Ok(None);
        };
        let mut cache = self.0.lock().expect("nothing panics while holding the alerts");
        if find(&cache).is_none() {
            cache.truncate(CAPACITY - 1);
            cache.push_front(alert.clone());
        }
        Ok(Some(alert))
    }
}
