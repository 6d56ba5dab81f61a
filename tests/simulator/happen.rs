//! What a fault does to the world.

use haproxy_rhi::program::{Input, Reason};

use super::fault::{Edit, Fault};
use super::haproxy::{Admin, Seen};
use super::nva::{Declared, parse};
use super::setting::{LevelSpec, Need, SERVICES};
use super::world::{Event, World};
use super::{MS, Time};

impl World {
    pub fn fault(&mut self, fault: Fault) {
        self.note(|| format!("* {fault}"));
        self.before_fault(fault);
        match fault {
            Fault::ServerDies(r, k, i) => self.server(r, k, i, false),
            Fault::ServerReturns(r, k, i) => self.server(r, k, i, true),
            Fault::ServersDie(r, k) => {
                (0..self.setting.servers).for_each(|i| self.server(r, k, i, false))
            }
            Fault::ServersReturn(r, k) => {
                (0..self.setting.servers).for_each(|i| self.server(r, k, i, true))
            }
            Fault::ServerFlaps(n, k, i) => self.flap(n, k, i),
            Fault::Maint(n, k, i) => self.admin(n, k, i, Admin::Maint),
            Fault::DrainServer(n, k, i) => self.admin(n, k, i, Admin::Drain),
            Fault::Ready(n, k, i) => self.admin(n, k, i, Admin::Ready),
            Fault::Weight(n, k, i, weight) => {
                self.at_haproxy(n, |nva| nva.haproxy.services[k][i].weight = weight)
            }
            Fault::Frontend(n, k, open) => {
                self.at_haproxy(n, |nva| nva.haproxy.frontends[k] = open)
            }
            Fault::Reload(n) => self.reload(n),
            Fault::Restart(n, ms) => {
                self.haproxy_ends(n);
                let pid = self.nvas[n].haproxy.pid;
                self.after(ms * MS, Event::HaproxyStarts(n, pid));
            }
            Fault::KillHaproxy(n) => self.haproxy_ends(n),
            Fault::StartHaproxy(n) => self.haproxy_starts(n, self.nvas[n].haproxy.pid),
            Fault::HangHaproxy(n) => self.nvas[n].haproxy.hangs = self.nvas[n].haproxy.alive,
            Fault::ResumeHaproxy(n) => self.resume_haproxy(n),
            Fault::Control(n, taken) => self.nvas[n].haproxy.control = taken,
            Fault::LookHangs(n, ms) => self.nvas[n].look_hangs = self.now + ms * MS,
            Fault::ProbesHang(n, ms) => {
                let hang = &mut self.nvas[n].probes_hang;
                *hang = (*hang).max(self.now + ms * MS);
            }
            Fault::Kill(n) => self.kill(n),
            Fault::Term(n) => self.term(n),
            Fault::WatchRefused(n, count) => self.nvas[n].watch_refused = count,
            Fault::RestartExabgp(n, ms, kept) => self.restart_exabgp(n, ms, kept),
            Fault::Stuck(n, full) => self.stuck(n, full),
            Fault::GoesOn(n) => self.goes_on(n),
            Fault::Refuse(n, count) => self.refuse(n, count, 0),
            Fault::Swallow(n, count) => self.refuse(n, 0, count),
            Fault::Lag(n, ms) => self.nvas[n].exabgp.lag = ms * MS,
            Fault::SessionResets(n, s, ms) => self.reset(n, s, ms * MS),
            Fault::SessionSilent(n, s) => {
                self.nvas[n].exabgp.sessions[s].silent = true;
                self.falls_silent(n, s);
            }
            Fault::SessionHeals(n, s) => {
                self.nvas[n].exabgp.sessions[s].silent = false;
                if !self.nvas[n].exabgp.stuck {
                    self.speaks_again(n, s);
                }
            }
            Fault::Partition(a, b) => self.part(a, b, true),
            Fault::Heal(a, b) => self.part(a, b, false),
            Fault::Drain(n, k, force) => self.drain(n, k, force),
            Fault::Resume(n, k) => self.resume(n, k),
            Fault::Edit(n, k, edit) => self.edit(n, k, edit),
            Fault::FaultyFile(_) => {}
            Fault::Address(n, k, there) => self.nvas[n].addresses[k] = there,
            Fault::File(n, k, there) => self.nvas[n].files[k] = there,
            Fault::Port(n, k, there) => self.nvas[n].ports[k] = there,
            Fault::SlowDisk(n, ms) => self.nvas[n].disk = ms * MS,
            Fault::Clock(n, ms) => {
                self.nvas[n].clock += ms * MS as i64;
                self.nvas[n].marks.stepped_back |= ms < 0;
            }
        }
        fault.nva().into_iter().for_each(|n| self.mark_mute(n));
    }

    fn of_region(&self, r: usize) -> Vec<usize> {
        (0..self.nvas.len())
            .filter(|n| self.nvas[*n].spec.region == r)
            .collect()
    }

    fn server(&mut self, r: usize, k: usize, i: usize, alive: bool) {
        self.servers[r][k][i] = alive;
        for n in self.of_region(r) {
            self.order_check(n, k, i, self.nvas[n].spec.check);
        }
    }

    fn order_check(&mut self, n: usize, k: usize, i: usize, within: u64) {
        self.touch(n);
        let nva = &mut self.nvas[n];
        let row = &mut nva.haproxy.services[k][i];
        row.check += 1;
        let check = row.check;
        let wait = nva.random.range(within * MS / 3, within * MS);
        self.after(wait, Event::Checked { n, k, i, check });
    }

    pub fn checked(&mut self, n: usize, k: usize, i: usize, check: u32) {
        let truth = self.servers[self.nvas[n].spec.region][k][i];
        let haproxy = &mut self.nvas[n].haproxy;
        let row = &mut haproxy.services[k][i];
        if row.check != check || !haproxy.alive || haproxy.hangs {
            return;
        }
        if row.admin == Admin::Maint {
            return;
        }
        let seen = if truth { Seen::Up } else { Seen::Down };
        let logs = row.seen != seen && !(row.seen == Seen::Unchecked && truth);
        if row.seen != seen {
            row.seen = seen;
            haproxy.changed();
            self.touch(n);
            self.note(|| format!("nva {n}: HAProxy says {}/s{i} {seen:?}", SERVICES[k]));
        }
        if logs {
            self.stir(n);
        }
    }

    fn flap(&mut self, n: usize, k: usize, i: usize) {
        let haproxy = &mut self.nvas[n].haproxy;
        if !haproxy.answers() || haproxy.services[k][i].seen != Seen::Up {
            return;
        }
        haproxy.services[k][i].seen = Seen::Down;
        haproxy.changed();
        self.stir(n);
        self.order_check(n, k, i, self.nvas[n].spec.check);
    }

    fn admin(&mut self, n: usize, k: usize, i: usize, admin: Admin) {
        if !self.nvas[n].haproxy.answers() {
            return;
        }
        let row = &mut self.nvas[n].haproxy.services[k][i];
        // Who comes back from MAINT is UP until a check says otherwise.
        if row.admin == Admin::Maint && admin != Admin::Maint {
            row.seen = Seen::Up;
        }
        row.admin = admin;
        self.nvas[n].haproxy.changed();
        self.stir(n);
        self.order_check(n, k, i, self.nvas[n].spec.check);
    }

    fn at_haproxy(&mut self, n: usize, change: impl FnOnce(&mut super::nva::Nva)) {
        if self.nvas[n].haproxy.answers() {
            change(&mut self.nvas[n]);
            self.nvas[n].haproxy.changed();
            self.stir(n);
        }
    }

    fn haproxy_ends(&mut self, n: usize) {
        let haproxy = &mut self.nvas[n].haproxy;
        (haproxy.alive, haproxy.hangs) = (false, false);
        haproxy.variables.clear();
    }

    pub fn haproxy_starts(&mut self, n: usize, pid: u32) {
        let haproxy = &mut self.nvas[n].haproxy;
        if haproxy.alive || haproxy.pid != pid {
            return;
        }
        self.mark_mute(n);
        self.begin_haproxy(n);
    }

    fn begin_haproxy(&mut self, n: usize) {
        self.touch_infra(n);
        self.nvas[n].haproxy.begin();
        self.note(|| format!("nva {n}: a new process of HAProxy"));
        for k in 0..self.nvas[n].haproxy.services.len() {
            for i in 0..self.setting.servers {
                self.order_check(n, k, i, self.nvas[n].spec.first_check);
            }
        }
    }

    fn reload(&mut self, n: usize) {
        if !self.nvas[n].haproxy.answers() {
            return;
        }
        self.begin_haproxy(n);
        // Now and then an old worker answers still.
        if self.nvas[n].random.chance(15) {
            self.nvas[n].haproxy.stopping = Some(self.now + 300 * MS);
        }
    }

    fn resume_haproxy(&mut self, n: usize) {
        self.mark_mute(n);
        if !std::mem::take(&mut self.nvas[n].haproxy.hangs) {
            return;
        }
        for k in 0..self.nvas[n].haproxy.services.len() {
            for i in 0..self.setting.servers {
                self.order_check(n, k, i, self.nvas[n].spec.check);
            }
        }
    }

    /// A successor cannot know what its predecessor said to a session that was down, or that is not healed yet.
    fn may_end(&self, n: usize) -> bool {
        let exabgp = &self.nvas[n].exabgp;
        let healed = |session: &super::exabgp::Session| {
            session.up
                && session.remote
                && session.waiting.is_empty()
                && session.table == session.believes
        };
        !exabgp.stuck
            && exabgp.sessions.iter().all(healed)
            && exabgp.is_idle()
            && self.nvas[n].program.is_some()
    }

    fn kill(&mut self, n: usize) {
        if !self.may_end(n) {
            return;
        }
        // Answers carry no number: a predecessor's may stand for one that never comes.
        (self.nvas[n].exabgp.refuse, self.nvas[n].exabgp.swallow) = (0, 0);
        let wait = self.nvas[n].random.range(5, 300) * MS;
        self.process_ends(n, wait);
    }

    fn term(&mut self, n: usize) {
        if !self.may_end(n) {
            return;
        }
        if !self.nvas[n].config.services.is_empty()
            && !self.nvas[n].file.keep_on_exit
            && !self.nvas[n].marks.edits_wait
            && self.nvas[n].exabgp.lag == 0
        {
            self.nvas[n].marks.faults_at_leave = self.nvas[n].marks.faults;
            self.after(super::readings::LEFT, Event::Left(n));
        }
        (self.nvas[n].exabgp.refuse, self.nvas[n].exabgp.swallow) = (0, 0);
        self.nvas[n].leaving = true;
        let now = self.now;
        self.nvas[n]
            .marks
            .forced
            .iter_mut()
            .for_each(|at| *at = now);
        self.feed(n, vec![Input::Leave(Reason::Told)]);
    }

    fn restart_exabgp(&mut self, n: usize, ms: u64, kept: bool) {
        if !self.nvas[n].exabgp.alive {
            return;
        }
        self.feed(
            n,
            vec![Input::Leave(Reason::Gone(
                "ExaBGP closed its end of the pipe".to_owned(),
            ))],
        );
        if !kept {
            self.nvas[n].ledger.clear();
        }
        for s in 0..self.nvas[n].exabgp.sessions.len() {
            if !self.nvas[n].exabgp.sessions[s].silent {
                self.table_ends(n, s);
            }
        }
        let nva = &mut self.nvas[n];
        nva.exabgp.die();
        nva.unheard.clear();
        (nva.marks.unwritten, nva.marks.forgotten) = (false, false);
        nva.life += 1;
        nva.program = None;
        let generation = nva.exabgp.generation;
        self.after(ms * MS, Event::ExabgpStarts(n, generation));
    }

    fn stuck(&mut self, n: usize, full: bool) {
        if !self.nvas[n].exabgp.alive || self.nvas[n].exabgp.stuck {
            return;
        }
        (self.nvas[n].exabgp.stuck, self.nvas[n].exabgp.full) = (true, full);
        for s in 0..self.nvas[n].exabgp.sessions.len() {
            let generation = self.nvas[n].exabgp.sessions[s].generation;
            self.after(
                super::sessions::HOLD,
                Event::RouteServerGivesUp(n, s, generation),
            );
        }
    }

    fn goes_on(&mut self, n: usize) {
        if !std::mem::take(&mut self.nvas[n].exabgp.stuck) {
            return;
        }
        for s in 0..self.nvas[n].exabgp.sessions.len() {
            self.speaks_again(n, s);
        }
        if self.nvas[n].unwritten.take().is_some() {
            self.feed(n, vec![Input::Written]);
        }
        self.order_turn(n);
        self.order_round(n);
    }

    fn refuse(&mut self, n: usize, refuse: u32, swallow: u32) {
        let young = self.now < self.nvas[n].marks.infra + 1500 * MS;
        let exabgp = &mut self.nvas[n].exabgp;
        if young || !exabgp.acks {
            return;
        }
        (exabgp.refuse, exabgp.swallow) = (refuse, swallow);
        self.nvas[n].marks.refused = Some(self.now);
    }

    fn part(&mut self, a: usize, b: usize, apart: bool) {
        (self.apart[a][b], self.apart[b][a]) = (apart, apart);
        self.partitioned = self.now;
    }

    fn name(&self, n: usize, k: Option<usize>) -> Option<String> {
        match k {
            None => Some("@all".to_owned()),
            Some(k) => Some(self.nvas[n].service(k)?.name.clone()),
        }
    }

    fn drain(&mut self, n: usize, k: Option<usize>, force: bool) {
        let Some(name) = self.name(n, k) else { return };
        // Declared again it is the drain that it was, and may gain force.
        let at = self.now;
        self.nvas[n]
            .orders
            .entry(name)
            .or_insert(Declared { at, force: false })
            .force |= force;
        self.read_orders(n);
    }

    fn resume(&mut self, n: usize, k: Option<usize>) {
        let Some(name) = self.name(n, k) else { return };
        // A service of its own is resumed with the order for all, too.
        self.force_ends(n);
        self.nvas[n].orders.remove(&name);
        self.drains_count_anew(n);
        self.read_orders(n);
    }

    /// What is left of the orders may be younger than its stages, and another process may find it so (finding 15).
    fn drains_count_anew(&mut self, n: usize) {
        self.nvas[n].marks.forget_drains();
        self.nvas[n].marks.retimed = Some(self.nvas[n].life);
    }

    /// What was withdrawn by force may be on its way still.
    fn force_ends(&mut self, n: usize) {
        let (now, nva) = (self.now, &mut self.nvas[n]);
        if nva.orders.values().any(|order| order.force) {
            nva.marks.forced.iter_mut().for_each(|at| *at = now);
        }
    }

    fn read_orders(&mut self, n: usize) {
        let orders = self.declared(n);
        self.feed(n, vec![Input::Orders(orders)]);
    }

    fn edit(&mut self, n: usize, k: usize, edit: Edit) {
        if matches!(edit, Edit::DrainTimes(_)) {
            self.drains_count_anew(n);
        }
        if matches!(
            edit,
            Edit::Name(_)
                | Edit::Removed
                | Edit::Back
                | Edit::Siblings(_)
                | Edit::Degraded(_)
                | Edit::LevelName(_)
        ) {
            // Who is called otherwise begins anew.
            self.nvas[n].marks.words.clear();
            self.nvas[n].marks.readings[k].forget();
        }
        let before = self.nvas[n].file.clone();
        if matches!(edit, Edit::Neighbors(_)) {
            let chosen = self.nvas[n].service(k).and_then(|it| it.neighbors);
            self.nvas[n].marks.chosen[k] = chosen.map(|session| (session, self.now));
        }
        if matches!(edit, Edit::PathInformation(_)) {
            self.nvas[n].marks.renumbered[k] = self.now;
        }
        change(
            &mut self.nvas[n].file,
            &self.setting.nvas[n].config,
            k,
            edit,
        );
        if matches!(edit, Edit::Name(_))
            && let Some(order) = self.nvas[n].orders.remove(&old_name(&before, k))
        {
            // The operator takes the order with the name.
            self.force_ends(n);
            let name = self.name(n, Some(k)).unwrap_or_default();
            (
                self.nvas[n].marks.drained[k],
                self.nvas[n].marks.to_be_said[k],
            ) = (None, false);
            self.nvas[n].orders.insert(name, order);
            self.read_orders(n);
        }
        // Under another name it is not drained any more.
        if matches!(edit, Edit::Back) && self.nvas[n].drained(k).is_none() {
            (
                self.nvas[n].marks.drained[k],
                self.nvas[n].marks.to_be_said[k],
            ) = (None, false);
        }
        // What is read again and says the same is not given to the program.
        if self.nvas[n].file == before {
            return;
        }
        let config = parse(&self.nvas[n].file, &self.setting, n);
        self.nvas[n].config = config.clone();
        self.feed(n, vec![Input::Configuration(Box::new(config))]);
    }

    /// What broke is mended; what is dead, drained or edited stays so, unless all is restored.
    pub fn faults_end(&mut self) {
        self.note(|| "* the faults are over".to_owned());
        let restored = self.history.restored;
        if restored {
            self.restore();
        }
        for n in 0..self.nvas.len() {
            self.mend(n, restored);
        }
        let grace = (0..self.nvas.len())
            .map(|n| self.longest_grace(n))
            .max()
            .unwrap_or(0);
        self.end = self.now + grace + 1_500 * MS;
    }

    /// Servers live, and regions see each other.
    fn restore(&mut self) {
        for r in 0..self.setting.regions {
            for k in 0..self.nowhere.len() {
                (0..self.setting.servers).for_each(|i| self.server(r, k, i, true));
            }
            (0..self.setting.regions).for_each(|other| self.part(r, other, false));
        }
    }

    fn mend(&mut self, n: usize, restored: bool) {
        self.touch_infra(n);
        self.resume_haproxy(n);
        self.goes_on(n);
        let exabgp = &mut self.nvas[n].exabgp;
        (exabgp.refuse, exabgp.swallow, exabgp.lag) = (0, 0, 0);
        for s in 0..self.nvas[n].exabgp.sessions.len() {
            self.nvas[n].exabgp.sessions[s].silent = false;
            self.speaks_again(n, s);
        }
        self.nvas[n].watch_refused = 0;
        // A process that ExaBGP 6 has left dead is started by SIGUSR1.
        if self.nvas[n].exabgp.is_six() {
            let life = self.nvas[n].life;
            self.after(300 * MS, Event::ProcessStarts(n, life));
        }
        if !restored {
            return;
        }
        self.haproxy_starts(n, self.nvas[n].haproxy.pid);
        let nva = &mut self.nvas[n];
        nva.haproxy.control = true;
        nva.addresses.fill(true);
        nva.files.fill(true);
        nva.ports.fill(true);
        nva.haproxy.frontends.fill(true);
        nva.haproxy
            .services
            .iter_mut()
            .flatten()
            .for_each(|row| row.weight = 1);
        nva.haproxy.changed();
        for k in 0..self.nowhere.len() {
            (0..self.setting.servers).for_each(|i| self.admin(n, k, i, Admin::Ready));
        }
        self.force_ends(n);
        self.nvas[n].orders.clear();
        self.read_orders(n);
    }
}

fn old_name(file: &super::setting::ConfigSpec, k: usize) -> String {
    file.services
        .iter()
        .find(|service| service.number == k)
        .map_or(String::new(), |service| service.name.clone())
}

/// An edit, as an operator types it. `first` is the file that the history began with.
fn change(
    file: &mut super::setting::ConfigSpec,
    first: &super::setting::ConfigSpec,
    k: usize,
    edit: Edit,
) {
    match edit {
        Edit::Interval(ms) => file.interval = ms,
        Edit::ReadBack(seconds) => file.read_back = seconds,
        Edit::OnExit(keep) => file.keep_on_exit = keep,
        Edit::Removed => file.services.retain(|service| service.number != k),
        Edit::Back if !file.services.iter().any(|service| service.number == k) => {
            file.services.push(first.services[k].clone());
        }
        _ => {}
    }
    let Some(service) = file.services.iter_mut().find(|service| service.number == k) else {
        return;
    };
    match edit {
        Edit::Rise(count) => service.rise = count,
        Edit::Fall(count) => service.fall = count,
        Edit::Hold(ms) => service.hold = ms,
        Edit::Damping(on) => service.damping = on.then_some((500, 2000, 6000)),
        Edit::WarmUp(ms) => service.warm_up = ms,
        Edit::Settle(ms) => service.settle = ms,
        Edit::DrainTimes(ms) => (service.ask, service.depreferred) = (ms, ms),
        Edit::Path(length) => service.path = length,
        Edit::Med(med) => service.med = med,
        Edit::PathInformation(id) => service.path_information = id,
        Edit::Neighbors(session) => service.neighbors = session,
        Edit::Both(both) => service.both = both,
        Edit::LevelName(other) => {
            service.levels[0].name = if other { "best" } else { "up" }.to_owned()
        }
        Edit::Degraded(true) if service.levels.len() == 1 => service.levels.push(LevelSpec {
            name: "degraded".to_owned(),
            need: Need::Any,
            beside: service.levels[0].beside.clone(),
            prepend: 3,
        }),
        Edit::Degraded(false) => service.levels.truncate(1),
        Edit::Siblings(there) => service.siblings = there,
        Edit::Name(other) => {
            service.name = if other {
                format!("{}-2", SERVICES[k])
            } else {
                SERVICES[k].to_owned()
            }
        }
        _ => {}
    }
}

/// A moment ago.
pub fn within(at: Time, now: Time, for_: Time) -> bool {
    at != 0 && now.saturating_sub(at) <= for_
}
