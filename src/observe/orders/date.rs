//! When a drain was declared, and how old it is by now. Pure, but for [`Clocks::now`].
//!
//! The wall clock steps: it is wrong after a boot until it is synchronised, and people set it. The boot's own clock
//! does not, so it gives the age within a boot.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

use super::declaration::Declaration;
use crate::drain::OLD;

/// What the clocks say at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// Since 1970, by the wall clock.
    pub wall: Duration,
    /// Since the boot, the time of a suspended machine included (`CLOCK_BOOTTIME`).
    pub boottime: Duration,
    /// Which boot; `None`: this system does not tell.
    pub boot_id: Option<String>,
}

impl Clocks {
    /// Now.
    pub fn now() -> Self {
        let boottime = clock_gettime(ClockId::Boottime);
        Self {
            wall: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
            boottime: Duration::new(
                u64::try_from(boottime.tv_sec).unwrap_or_default(),
                u32::try_from(boottime.tv_nsec).unwrap_or_default(),
            ),
            boot_id: fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .ok()
                .map(|id| id.trim().to_owned()),
        }
    }
}

/// When an order was declared. The same date again is the same order, whatever the clocks say meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    /// Since 1970; `None`: it cannot be told.
    wall: Option<Duration>,
    /// Which boot, and the time since that.
    boot: Option<(String, Duration)>,
}

impl Date {
    /// The date in a declaration, or else the file's own, in milliseconds since 1970.
    pub fn of(declaration: &Declaration, changed_ms: Option<u64>) -> Self {
        let boottime = declaration.since_boottime_ms.map(Duration::from_millis);
        Self {
            wall: declaration
                .since_ms
                .or(changed_ms)
                .map(Duration::from_millis),
            boot: declaration.since_boot_id.clone().zip(boottime),
        }
    }

    /// The age by these clocks; [`OLD`] for what lies in the future, since a clock was wrong then or is now.
    pub fn age(&self, clocks: &Clocks) -> Duration {
        let by_wall = self
            .wall
            .and_then(|then| clocks.wall.checked_sub(then))
            .unwrap_or(OLD);
        match (&self.boot, &clocks.boot_id) {
            (Some((id, then)), Some(this)) if id == this => {
                clocks.boottime.checked_sub(*then).unwrap_or(OLD)
            }
            // Of an earlier boot: at least as old as this one.
            (Some(_), Some(_)) => by_wall.max(clocks.boottime),
            _ => by_wall,
        }
    }
}

impl Declaration {
    /// Declared until the next boot, which has been since.
    pub fn is_void(&self, clocks: &Clocks) -> bool {
        let boots = self.boot.as_ref().zip(clocks.boot_id.as_ref());
        boots.is_some_and(|(declared, this)| declared != this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn an_age_is_told_by_the_boots_clock_and_by_the_wall_as_a_last_resort() {
        // Declared at 1000 s by the wall, 50 s after its boot where that is known.
        let (this, earlier, touched) = (Some("this"), Some("earlier"), None);
        for (boot, wall, boottime, age, what) in [
            (this, 1060, 110, 60 * S, "both clocks agree"),
            (this, 900, 110, 60 * S, "the wall clock was stepped back"),
            (
                this,
                9_000_000,
                110,
                60 * S,
                "the wall clock was stepped forward",
            ),
            (this, 1060, 49, OLD, "a boot time that has not come yet"),
            (earlier, 1060, 30, 60 * S, "after a boot"),
            (
                earlier,
                900,
                30,
                OLD,
                "after a boot, before the time is synchronised",
            ),
            (
                earlier,
                1002,
                30,
                30 * S,
                "older than this boot, whatever the wall clock says",
            ),
            (touched, 1060, 110, 60 * S, "a file's own date"),
            (touched, 1000, 110, Duration::ZERO, "a file of this moment"),
            (touched, 999, 110, OLD, "a file of the future"),
        ] {
            let date = Date {
                wall: Some(1000 * S),
                boot: boot.map(|id: &str| (id.to_owned(), 50 * S)),
            };
            let clocks = Clocks {
                wall: wall * S,
                boottime: boottime * S,
                boot_id: Some("this".to_owned()),
            };
            assert_eq!(date.age(&clocks), age, "{what}");
        }
    }

    #[test]
    fn a_system_that_does_not_tell_its_boots_apart_has_the_wall_clock() {
        let date = Date {
            wall: Some(1000 * S),
            boot: Some(("this".to_owned(), 50 * S)),
        };
        let clocks = Clocks {
            wall: 1060 * S,
            boottime: 7 * S,
            boot_id: None,
        };
        assert_eq!(date.age(&clocks), 60 * S);
    }

    #[test]
    fn what_has_no_date_is_old() {
        let date = Date {
            wall: None,
            boot: None,
        };
        assert_eq!(
            date.age(&Clocks {
                wall: S,
                boottime: S,
                boot_id: None
            }),
            OLD
        );
    }

    #[test]
    fn a_declaration_goes_before_the_files_own_date() {
        let declared = Declaration {
            since_ms: Some(1000),
            ..Declaration::default()
        };
        assert_eq!(Date::of(&declared, Some(5000)).wall, Some(S));
        assert_eq!(
            Date::of(&Declaration::default(), Some(5000)).wall,
            Some(5 * S)
        );
    }

    #[test]
    fn the_clocks_run() {
        let before = Clocks::now();
        let after = Clocks::now();
        assert!(after.boottime >= before.boottime && before.boottime > Duration::ZERO);
        assert!(before.wall > Duration::from_secs(1_700_000_000));
        assert_eq!(before.boot_id, after.boot_id);
    }
}
