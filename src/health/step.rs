//! What follows from a reading, by where the service stands: the whole table.

use crate::standing::State;

/// What a look says of where the service should stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It should stand there.
    Known(State),
    /// It cannot be told, and the hold time is not over.
    Unknown,
    /// It cannot be told, and the hold time is over: it should stand there, by what is certain; absent: where it is.
    Overdue(Option<State>),
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is confirmed where it stands.
    Stay,
    /// One reading of so many towards a better state.
    Rise(State),
    /// One reading of so many towards a worse state.
    Fall(State),
    /// It moves there at once.
    Move(State),
    /// Nothing moves.
    Hold,
}

/// What follows from a reading.
pub(super) fn step(stands: State, reading: Reading) -> Step {
    use Reading::{Known, Overdue, Unknown};
    use State::{Down, NotYetKnown};
    use Step::{Fall, Hold, Move, Rise, Stay};
    match (stands, reading) {
        (_, Known(there)) if there == stands => Stay,
        // A service that was never up has nothing to lose but what an earlier process announced.
        (NotYetKnown, Known(Down)) => Fall(Down),
        (_, Known(better)) if better < stands => Rise(better),
        (_, Known(worse)) => Fall(worse),

        (_, Unknown | Overdue(None)) => Hold,
        (_, Overdue(Some(there))) if there == stands => Hold,
        (NotYetKnown, Overdue(Some(Down))) => Move(Down),
        // What holds for certain is as good as known: a better level takes its readings.
        (_, Overdue(Some(better))) if better < stands => Rise(better),
        (_, Overdue(Some(worse))) => Move(worse),
    }
}

#[cfg(test)]
mod tests {
    use super::Reading::{Known, Overdue, Unknown};
    use super::Step::{Fall, Hold, Move, Rise, Stay};
    use super::*;
    use crate::standing::State::{Down, LastStanding, Level, NotYetKnown};

    #[test]
    fn each_standing_has_its_step_for_each_reading() {
        let to = [Level(0), Level(1), LastStanding, Down];
        let known = [
            (Level(0), to.map(Fall)),
            (Level(1), [Rise(to[0]), Stay, Fall(to[2]), Fall(to[3])]),
            (LastStanding, [Rise(to[0]), Rise(to[1]), Stay, Fall(to[3])]),
            (Down, [Rise(to[0]), Rise(to[1]), Rise(to[2]), Stay]),
            (
                NotYetKnown,
                [Rise(to[0]), Rise(to[1]), Rise(to[2]), Fall(Down)],
            ),
        ];
        for (stands, steps) in known {
            for (there, expected) in to.into_iter().zip(steps) {
                let expected = if there == stands { Stay } else { expected };
                assert_eq!(step(stands, Known(there)), expected, "{stands:?} {there:?}");
                // Overdue, what is worse comes at once.
                let overdue = match expected {
                    Stay => Hold,
                    Fall(worse) => Move(worse),
                    other => other,
                };
                assert_eq!(step(stands, Overdue(Some(there))), overdue);
            }
            assert_eq!(step(stands, Unknown), Hold);
            assert_eq!(step(stands, Overdue(None)), Hold);
        }
    }
}
