//! The alerts read last. One alert goes to many destinations and never changes, so it is read once and not for each.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use status::{alert::Alert, ids::AlertId};
use store::{Store, StoreError};

/// A large alert takes some hundred KB.
const KEPT: usize = 32;

#[derive(Default)]
pub(crate) struct SeenAlerts(Mutex<VecDeque<Arc<Alert>>>);

impl SeenAlerts {
    pub(crate) async fn get(&self, store: &Store, id: &AlertId) -> Result<Option<Arc<Alert>>, StoreError> {
        let known = |seen: &VecDeque<Arc<Alert>>| seen.iter().find(|alert| alert.id == *id).cloned();
        if let Some(alert) = known(&self.0.lock().expect("nothing panics while holding the alerts")) {
            return Ok(Some(alert));
        }
        let Some(alert) = store.alert(id).await?.map(Arc::new) else {
            return Ok(None);
        };
        let mut seen = self.0.lock().expect("nothing panics while holding the alerts");
        if known(&seen).is_none() {
            seen.truncate(KEPT - 1);
            seen.push_front(alert.clone());
        }
        Ok(Some(alert))
    }
}
