//! Nothing at all, which must stay so and cost little.

use std::thread;
use std::time::Duration;

use super::{Bounds, Lost, Row, row};
use crate::machine;

/// How long nothing happens.
const CALM: Duration = Duration::from_secs(20);

pub(super) fn rows() -> Vec<Row> {
    let calm = Bounds { gap: Some(0.5), lost: Lost::Nothing, healthy: Some(22.0), moves: Some(0) };
    vec![row("calm", "nothing for 20 s", calm, |trial| {
        // What went before is over only now that every sentinel has looked twice.
        thread::sleep(Duration::from_secs(5));
        trial.begin();
        for (script, bound) in [("sentinel.sh", 4.0), ("server.sh", 4.0)] {
            let before = machine::processor_time(script);
            thread::sleep(CALM / 2);
            let used = machine::processor_time(script).saturating_sub(before);
            let pods = if script == "sentinel.sh" { trial.sentinels() } else { trial.servers() }.len();
            let percent =
                100.0 * used.as_secs_f64() / (CALM / 2).as_secs_f64() / f64::from(u32::try_from(pods).unwrap_or(1));
            trial.note(&format!("percent of a core beside each process, {script}"), percent, bound);
        }
        Ok(())
    })]
}
