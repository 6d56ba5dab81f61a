//! The second chance's file: any text is read, or refused at a place in it; what is read makes whole scripts for nft and ip.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/second_chance"]
#[allow(dead_code)]
mod second_chance {
    pub mod connections;
    pub mod file;
    pub mod plan;
    pub mod rules;
}
use second_chance::{file, plan, rules};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let settings = match file::parse(text) {
        Ok(settings) => settings,
        Err(fault) => {
            let row = text.split('\n').nth(fault.line.wrapping_sub(1));
            // What is missing is missing at the end.
            let row = row.unwrap_or_default();
            assert!((1..=row.chars().count() + 1).contains(&fault.column), "{fault}");
            assert!(!fault.what.is_empty() && !fault.what.chars().any(char::is_control), "{fault:?}");
            return;
        }
    };
    for address in settings.nvas.clone() {
        let Ok(plan) = plan::Plan::of(settings.clone(), &[address]) else { continue };
        let rules = rules::render(&plan, 1450, &rules::AT_FIRST);
        for script in [
            rules.clone(),
            rules::with_elements(&rules, &[], plan.me(), plan.siblings()),
            plan.link(),
            plan.neighbours(),
        ] {
            let lines = script.bytes().all(|byte| (b' '..=b'~').contains(&byte) || b"\n\t".contains(&byte));
            assert!(lines, "{script:?}");
            assert_eq!(script.matches('{').count(), script.matches('}').count(), "{script}");
        }
    }
});
