//! The scenarios: what is done to the cluster, and what must hold.

mod calm;
mod change;
mod client;
mod crash;
mod deletion;
mod field;
mod master_service;
mod metrics;
mod network;
mod outside;
mod roll;
mod scale;
mod users;

use std::io;

use crate::ground::Kind;
use crate::trial::Trial;

/// Which acknowledged writes may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// None.
    Nothing,
    /// Those no replica had yet; none that WAIT confirmed.
    Unreplicated,
    /// Any number, which the table shows: nobody has the data any more, or no time is left to save all of it.
    Any,
}

/// What a scenario must hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Most seconds without an accepted write.
    pub(crate) gap: Option<f64>,
    pub(crate) lost: Lost,
    /// Most seconds until healthy.
    pub(crate) healthy: Option<f64>,
    /// Most moves of the master.
    pub(crate) moves: Option<usize>,
}

/// In which state an instance is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// Healthy, as the document has it.
    Healthy,
    /// A replica is lost with its node, and its successor finds no other.
    ReplicaDown,
    /// Five of each by `kubectl scale`, where the document says three.
    Scaled,
}

/// What kind of run a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// The start itself.
    Start,
    /// A fault on a ground that stands.
    Fault,
    /// A ground that is left alone, by clients too, and what it costs.
    Idle(Idle),
    /// The tutorial's run book on an empty cluster.
    Book,
}

/// What is done to the cluster.
type Act = fn(&mut Trial<'_>) -> io::Result<()>;

/// One row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Its name on the command line.
    pub(crate) name: String,
    /// What happens, for people.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    pub(crate) bounds: Bounds,
    pub(crate) act: Act,
    /// Part of the short selection.
    pub(crate) short: bool,
    pub(crate) run: Run,
    /// The ground it leaves is no use to others.
    pub(crate) spoils: bool,
}

/// A row before it is known on which ground it runs.
struct Row {
    name: &'static str,
    title: &'static str,
    bounds: Bounds,
    act: Act,
}

const fn row(name: &'static str, title: &'static str, bounds: Bounds, act: Act) -> Row {
    Row { name, title, bounds, act }
}

/// Bounds: seconds without writes, what may be lost, seconds until healthy.
const fn at_most(gap: f64, lost: Lost, healthy: f64) -> Bounds {
    Bounds { gap: Some(gap), lost, healthy: Some(healthy), moves: None }
}

/// Bounds of the first start.
const START: Bounds = Bounds { gap: None, lost: Lost::Nothing, healthy: Some(8.0), moves: None };

/// The rows every ground runs.
const EVERYWHERE: &[&str] = &["kill-master", "delete-master", "force-delete-master"];

/// The rows of the short selection.
const SHORT: &[&str] =
    &["start", "kill-master", "delete-master", "force-delete-master", "kill-all-servers", "roll-both", "cut-master"];

/// All scenarios in the order they run best.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        if kind == Kind::Tutorial {
            all.push(book());
            continue;
        }
        if !kind.is_for_change() {
            all.push(Scenario {
                name: named("start", kind),
                title: "apply to everything ready",
                kind,
                bounds: START,
                act: |_| Ok(()),
                short: kind == Kind::Default,
                run: Run::Start,
                spoils: false,
            });
        }
        all.extend(calm::rows(kind));
        let everywhere = || every().filter(|row| EVERYWHERE.contains(&row.name));
        let rows: Vec<Row> = match kind {
            Kind::Default => every().chain(without_storage()).collect(),
            Kind::Storage => every()
                .filter(|row| EVERYWHERE.contains(&row.name) || row.name == "lose-master-node")
                .chain(with_storage())
                .collect(),
            Kind::SlowLoading => crash::rows_that_load().into_iter().collect(),
            Kind::Five => everywhere().chain(network::rows_of_five()).collect(),
            Kind::Auth => everywhere().chain(roll::auth_rows()).chain(users::rows_of_auth()).collect(),
            Kind::MasterService => master_service::rows(),
            Kind::Users => users::rows(),
            Kind::Outside | Kind::NodePorts => outside::rows(),
            Kind::TwoPasswords => metrics::rows(),
            _ if kind.is_for_change() => Vec::new(),
            // That process and hand-over are the same with another number of sentinels, the other rows show.
            Kind::OneSentinel | Kind::FiveSentinels => force_delete_master().collect(),
            _ => everywhere().collect(),
        };
        for Row { name, title, mut bounds, act } in rows.into_iter().chain(change::rows(kind)).chain(field::rows(kind))
        {
            if name == "force-delete-master" && kind == Kind::Storage {
                bounds.lost = Lost::Nothing;
            }
            let short = kind == Kind::Default && SHORT.contains(&name);
            all.push(Scenario {
                name: named(name, kind),
                title,
                kind,
                bounds,
                act,
                short,
                run: Run::Fault,
                spoils: name == "rotate-password" || change::SPOIL.contains(&name),
            });
        }
    }
    all
}

/// The row of the tutorial on today's clusters.
fn book() -> Scenario {
    Scenario {
        name: "run-book@tutorial".to_owned(),
        title: "v1: the whole run book: bootstrap, adopt, scale, move, delete, forget",
        kind: Kind::Tutorial,
        bounds: at_most(2.0, Lost::Nothing, 10.0),
        act: |_| Ok(()),
        short: false,
        run: Run::Book,
        spoils: true,
    }
}

fn named(name: &str, kind: Kind) -> String {
    if kind == Kind::Default { name.to_owned() } else { format!("{name}@{}", kind.word()) }
}

fn every() -> impl Iterator<Item = Row> {
    crash::rows().into_iter().chain(deletion::rows()).chain(network::rows()).chain(roll::rows()).chain(scale::rows())
}

fn force_delete_master() -> impl Iterator<Item = Row> {
    every().filter(|row| row.name == "force-delete-master")
}

fn without_storage() -> impl Iterator<Item = Row> {
    deletion::rows_without_storage().into_iter()
}

fn with_storage() -> impl Iterator<Item = Row> {
    deletion::rows_with_storage().into_iter().chain(scale::rows_with_storage())
}
