//! Who subscribed to the clock is told every second that it changed.

use std::time::Duration;

use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::{Peer, RoleServer};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::primitives::resources::CLOCK;
use crate::primitives::server::Own;

const SECOND: Duration = Duration::from_secs(1);

/// The seconds from now on.
pub(crate) fn seconds() -> Interval {
    let mut it = tokio::time::interval_at(Instant::now() + SECOND, SECOND);
    it.set_missed_tick_behavior(MissedTickBehavior::Skip);
    it
}

/// Tells this session from now on.
pub(crate) fn subscribe(own: &Own, peer: Peer<RoleServer>) {
    let telling = tokio::spawn(async move {
        let mut seconds = seconds();
        loop {
            seconds.tick().await;
            let changed = ResourceUpdatedNotificationParam::new(CLOCK);
            if peer.notify_resource_updated(changed).await.is_err() {
                break;
            }
        }
    });
    own.clock.replace(Some(telling));
}

pub(crate) fn unsubscribe(own: &Own) {
    own.clock.replace(None);
}
