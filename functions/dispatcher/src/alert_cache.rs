//! The alerts read most recently. One alert goes to many destinations and never changes, so it is read once for all.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use status::{alert::Alert, ids::AlertId};
use store::{Store, StoreError};

/// Few, because a large alert takes some hundred KB.
const CAPACITY: usize = 32;

#[derive(Default)]
pub(crate) struct AlertCache {
    /// Newest first.
    alerts: Mutex<VecDeque<Arc<Alert>>>,
    /// Held by the one who reads. The deliveries of an alert begin at the same time.
    reading: tokio::sync::Mutex<()>,
}

impl AlertCache {
    /// `None`: no alert with this id is stored.
    pub(crate) async fn get(&self, store: &Store, id: &AlertId) -> Result<Option<Arc<Alert>>, StoreError> {
        if let Some(alert) = self.find(id) {
            return Ok(Some(alert));
        }
        let _reading = self.reading.lock().await;
        if let Some(alert) = self.find(id) {
            return Ok(Some(alert));
        }
        let Some(alert) = store.alert(id).await?.map(Arc::new) else {
            return Ok(None);
        };
        let mut alerts = self.alerts.lock().expect("nothing panics while holding the alerts");
        alerts.truncate(CAPACITY - 1);
        alerts.push_front(alert.clone());
        Ok(Some(alert))
    }

    fn find(&self, id: &AlertId) -> Option<Arc<Alert>> {
        let alerts = self.alerts.lock().expect("nothing panics while holding the alerts");
        alerts.iter().find(|alert| alert.id == *id).cloned()
    }
}
