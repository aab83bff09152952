//! `FloorObject`: tickets, roster, leases, and the consoles' sockets.

use super::fault::Fault;
use super::object::Object;
use super::{clients, clock, log};
use crate::base::id::{ConversationId, SessionId, StaffId};
use crate::base::limits::{DRAIN_GUARD_MS, FLOOR_LEASE_ROUNDS_MAX, FLOOR_LEASES_AT_ONCE_MAX};
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use crate::desk;
use crate::desk::floor::{Changes, Floor, Input};
use crate::desk::reply::Claim;
use crate::desk::view::{Frame, Snapshot};
use crate::store::floor::{MIGRATIONS, load, save};
use crate::wire::api::SocketRequest;
use core::cell::{Cell, RefCell};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::rc::Rc;
use worker::{
    DurableObject, Env, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    WebSocketRequestResponsePair, durable_object,
};

/// What the floor is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Something happened.
    Input(Input),
    /// Everything this viewer may see.
    Snapshot(Staff),
    /// These sessions have ended: close their sockets.
    EndSessions {
        /// Theirs.
        sessions: Vec<SessionId>,
    },
    /// These have a new password: close all their sockets.
    EndStaff {
        /// Whose.
        staff: Vec<StaffId>,
    },
}

/// What the floor answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answered {
    /// It is so.
    Done,
    /// Too many open tickets: tell again later.
    Full,
    /// To `Snapshot`.
    Snapshot {
        /// The floor's number of this state.
        seq: u64,
        /// What the viewer may see.
        snapshot: Snapshot,
    },
}

/// Who is behind a socket: kept with it through hibernation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Viewer {
    /// Who.
    pub staff: Staff,
    /// By which session.
    pub session: SessionId,
    /// Until when.
    pub expires_at: TimeMs,
    /// The last number sent; none before the client has asked.
    #[serde(default)]
    pub seen: Option<u64>,
}

/// The session behind a socket has ended.
const CLOSE_SESSION_ENDED: u16 = 4001;

/// The object.
#[durable_object]
pub struct FloorObject {
    shared: Rc<Shared>,
}

struct Shared {
    object: Object,
    /// The storage's content, while this instance lives. Dropped whenever a write fails.
    floor: RefCell<Option<Floor>>,
    is_leasing: Cell<bool>,
}

impl DurableObject for FloorObject {
    fn new(state: State, env: Env) -> Self {
        if let Ok(pair) = WebSocketRequestResponsePair::new("ping", "pong") {
            state.set_websocket_auto_response(&pair);
        }
        let object = Object::new("floor", state, env, MIGRATIONS);
        let shared = Shared { object, floor: RefCell::new(None), is_leasing: Cell::new(false) };
        Self { shared: Rc::new(shared) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        if let Some(viewer) = super::http::header(&req, clients::VIEWER_HEADER) {
            return match self.open_socket(&viewer).await {
                Ok(response) => Ok(response),
                Err(fault) => self.shared.object.respond::<()>(Err(fault)),
            };
        }
        let answered = self.answer(&mut req).await;
        self.shared.object.respond(answered)
    }

    async fn alarm(&self) -> Result<Response> {
        self.shared.object.alarm_went_off();
        lease(&self.shared).await;
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        let WebSocketIncomingMessage::String(text) = message else { return Ok(()) };
        if let (Ok(SocketRequest::Resume { seq }), Some(viewer)) =
            (serde_json::from_str(&text), viewer_of(&socket))
            && let Err(fault) =
                self.shared.object.ready().await.and_then(|()| self.shared.resume(&socket, viewer, seq))
        {
            log::fault("floor.socket", &fault, "");
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _: usize, _: String, _: bool) -> Result<()> {
        // Left to itself, the runtime answers a close only when the object goes to sleep.
        let _ = socket.close(None::<u16>, None::<String>);
        self.left(&socket).await;
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> Result<()> {
        self.left(&socket).await;
        Ok(())
    }
}

impl FloorObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Answered, Fault> {
        let shared = &self.shared;
        match shared.object.call(req).await? {
            Call::Input(input) => {
                let full = shared.take(input)?;
                self.schedule_leases().await?;
                Ok(if full { Answered::Full } else { Answered::Done })
            }
            Call::Snapshot(viewer) => shared.with_floor(|floor| {
                Ok(Answered::Snapshot { seq: floor.seq, snapshot: floor.snapshot_for(&viewer) })
            }),
            Call::EndSessions { sessions } => {
                shared.close_where(|viewer| sessions.contains(&viewer.session));
                Ok(Answered::Done)
            }
            Call::EndStaff { staff } => {
                shared.close_where(|viewer| staff.contains(&viewer.staff.id));
                Ok(Answered::Done)
            }
        }
    }

    async fn open_socket(&self, viewer: &str) -> core::result::Result<Response, Fault> {
        let viewer: Viewer =
            serde_json::from_str(viewer).map_err(|error| Fault::bug("floor.viewer", error.to_string()))?;
        self.shared.object.ready().await?;
        let pair = WebSocketPair::new()?;
        self.shared.object.state.accept_websocket_with_tags(&pair.server, &[viewer.staff.id.as_str()]);
        attach(&pair.server, &viewer)?;
        self.shared.take(Input::Online(viewer.staff))?;
        self.schedule_leases().await?;
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Somebody is gone when no other socket of theirs is open.
    async fn left(&self, socket: &WebSocket) {
        let Some(viewer) = viewer_of(socket) else { return };
        let staff = viewer.staff.id;
        let open = self.shared.object.state.get_websockets_with_tag(staff.as_str());
        let others = open.iter().any(|other| other.as_ref() != socket.as_ref() && is_open(other));
        if others {
            return;
        }
        let gone = self.shared.object.ready().await.and_then(|()| self.shared.take(Input::Offline(staff)));
        if let Err(fault) = gone {
            log::fault("floor.socket", &fault, "");
        }
    }

    async fn schedule_leases(&self) -> core::result::Result<(), Fault> {
        let owed = self.shared.with_floor(|floor| Ok(!floor.leases_owed().is_empty()))?;
        if owed {
            self.shared.object.arm(clock::now() + DRAIN_GUARD_MS).await?;
            let shared = Rc::clone(&self.shared);
            self.shared.object.state.wait_until(async move { lease(&shared).await });
        }
        Ok(())
    }
}

impl Shared {
    /// One turn. Whose session has expired is not here any more: no ticket is given to them. Returns whether the
    /// floor is full.
    fn take(&self, input: Input) -> core::result::Result<bool, Fault> {
        self.load()?;
        let now = clock::now();
        let expired = self.close_where(|viewer| viewer.expires_at <= now);
        for staff in expired.difference(&self.present(now)).cloned() {
            self.apply(Input::Offline(staff))?;
        }
        self.apply(input)
    }

    /// Closes these sockets. Returns whose they were.
    fn close_where(&self, is_over: impl Fn(&Viewer) -> bool) -> BTreeSet<StaffId> {
        let mut whose = BTreeSet::new();
        for socket in self.object.state.get_websockets() {
            if let Some(viewer) = viewer_of(&socket).filter(&is_over) {
                let _ = socket.close(Some(CLOSE_SESSION_ENDED), Some("session ended"));
                whose.insert(viewer.staff.id);
            }
        }
        whose
    }

    /// Whose sockets are open, by sessions that have not expired.
    fn present(&self, now: TimeMs) -> BTreeSet<StaffId> {
        let sockets = self.object.state.get_websockets();
        let viewers = sockets.iter().filter(|socket| is_open(socket)).filter_map(viewer_of);
        viewers.filter(|viewer| viewer.expires_at > now).map(|viewer| viewer.staff.id).collect()
    }

    /// Decides, writes, tells the sockets.
    fn apply(&self, input: Input) -> core::result::Result<bool, Fault> {
        let mut slot = self.floor.borrow_mut();
        let Some(floor) = slot.as_mut() else { return Err(Fault::bug("floor.cache", "not loaded")) };
        let seq = floor.seq;
        let changes = floor.handle(input, clock::now());
        if let Err(error) = save(&self.object.sql, floor, &changes) {
            *slot = None;
            return Err(error.into());
        }
        if floor.seq > seq {
            self.broadcast(floor, &changes);
        }
        Ok(changes.full)
    }

    fn with_floor<T>(
        &self,
        read: impl FnOnce(&Floor) -> core::result::Result<T, Fault>,
    ) -> core::result::Result<T, Fault> {
        self.load()?;
        self.floor.borrow().as_ref().map_or_else(|| Err(Fault::bug("floor.cache", "not loaded")), read)
    }

    /// A new instance finds out who is still here: sockets outlive hibernation, not a restart.
    fn load(&self) -> core::result::Result<(), Fault> {
        if self.floor.borrow().is_some() {
            return Ok(());
        }
        let mut floor = load(&self.object.sql)?;
        let now = clock::now();
        let changes = floor.handle(Input::Present(self.present(now)), now);
        save(&self.object.sql, &floor, &changes)?;
        self.broadcast(&floor, &changes);
        *self.floor.borrow_mut() = Some(floor);
        Ok(())
    }

    fn broadcast(&self, floor: &Floor, changes: &Changes) {
        for socket in self.object.state.get_websockets() {
            let Some(mut viewer) = viewer_of(&socket) else { continue };
            let Some(prev) = viewer.seen else { continue };
            let changes = floor.changes_for(&viewer.staff, changes);
            if changes.is_empty() {
                continue;
            }
            viewer.seen = Some(floor.seq);
            say(&socket, &viewer, &Frame::Frame { seq: floor.seq, prev, changes });
        }
    }

    fn resume(
        &self,
        socket: &WebSocket,
        mut viewer: Viewer,
        since: Option<u64>,
    ) -> core::result::Result<(), Fault> {
        self.with_floor(|floor| {
            let frame = floor.resume(&viewer.staff, since);
            viewer.seen = Some(floor.seq);
            say(socket, &viewer, &frame);
            Ok(())
        })
    }
}

/// Gives conversations the leases they have not acknowledged, also those that come up meanwhile. One run at a
/// time per object; the alarm follows up on what could not be given.
async fn lease(shared: &Shared) {
    if shared.is_leasing.replace(true) {
        return;
    }
    for _ in 0..FLOOR_LEASE_ROUNDS_MAX {
        match give_owed(shared).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(fault) => {
                log::fault("floor.lease", &fault, "");
                break;
            }
        }
    }
    shared.is_leasing.set(false);
    let still_owed = shared.with_floor(|floor| Ok(!floor.leases_owed().is_empty()));
    if !matches!(still_owed, Ok(false))
        && let Err(fault) = shared.object.arm(clock::now() + DRAIN_GUARD_MS).await
    {
        log::fault("floor.lease", &fault, "");
    }
    shared.object.log_rows();
}

/// One round. Returns whether any was given.
async fn give_owed(shared: &Shared) -> core::result::Result<bool, Fault> {
    let owed = shared.with_floor(|floor| Ok(floor.leases_owed()))?;
    let mut given = false;
    for batch in owed.chunks(FLOOR_LEASES_AT_ONCE_MAX) {
        given |= join_all(batch.iter().map(|(id, claim)| give(shared, id, claim))).await.contains(&true);
    }
    Ok(given)
}

async fn give(shared: &Shared, id: &ConversationId, claim: &Claim) -> bool {
    let call = desk::call::Call::Lease { conversation: id.clone(), claim: claim.clone() };
    let given = match shared.object.config() {
        Ok(config) => clients::conversation(&shared.object.env, &config.addressing, id, &call).await,
        Err(fault) => Err(fault),
    };
    let noted = given.and_then(|_| shared.take(Input::Leased(claim.clone())));
    noted.inspect_err(|fault| log::fault("floor.lease", fault, "")).is_ok()
}

fn say(socket: &WebSocket, viewer: &Viewer, frame: &Frame) {
    // A socket that is gone says so by its close event; what was not received is asked for again.
    if let Ok(text) = serde_json::to_string(frame)
        && socket.send_with_str(text).is_ok()
    {
        let _ = attach(socket, viewer);
    }
}

fn attach(socket: &WebSocket, viewer: &Viewer) -> core::result::Result<(), Fault> {
    let text =
        serde_json::to_string(viewer).map_err(|error| Fault::bug("floor.viewer", error.to_string()))?;
    Ok(socket.serialize_attachment(text)?)
}

fn viewer_of(socket: &WebSocket) -> Option<Viewer> {
    let text: String = socket.deserialize_attachment().ok().flatten()?;
    serde_json::from_str(&text).ok()
}

fn is_open(socket: &WebSocket) -> bool {
    socket.as_ref().ready_state() == worker::web_sys::WebSocket::OPEN
}

impl Viewer {
    /// From a session that was just checked.
    pub fn new(session: crate::office::session::Session) -> Self {
        Self { staff: session.staff, session: session.id, expires_at: session.expires_at, seen: None }
    }
}
