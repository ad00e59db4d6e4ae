//! The page's end of the bridge: starts the worker, posts commands as transferred buffers, hands on what comes back.
//!
//! Messages go out one at a time, so that they keep their order; one that has to wait is asked for again until it may go.
//!
//! The worker decodes frames of strangers; what arrives here was encoded by our own code, and what does not decode is dropped.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use ting_core::peer::{
    command::{Command, CommandError, CommandId, CommandResult},
    event::Event,
    view::Delivery,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::prelude::*;

use crate::{
    bridge::{FromWorker, ToWorker, Watch},
    browser,
    farewell::HeldFarewell,
    unsent::{Line, Unsent, Waiting},
};

/// What has to wait, for the welcome grant or for earlier messages, is asked for again after so long.
const PATIENCE_MS: u32 = 500;

/// The worker, and who waits for which answer. Clones are the same client.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    next_id: Cell<u64>,
    unanswered: RefCell<BTreeMap<CommandId, Unanswered>>,
    is_grant_coming: Cell<bool>,
    unsent: RefCell<Unsent>,
    /// The unsent lines are shown: the first of them was told to wait.
    are_waiting: Cell<bool>,
    /// The person takes the unsent lines back.
    gives_up: Cell<bool>,
    /// Outlives the worker by the moment that it takes to be left.
    farewell: HeldFarewell,
    listeners: Option<Listeners>,
}

/// A command that is not answered yet.
struct Unanswered {
    command: Command,
    answered: Callback<CommandResult>,
    is_held: bool,
}

/// Who is told what the worker says.
pub struct Listeners {
    /// Every message, except refusals of what is asked for again.
    pub arrived: Callback<FromWorker>,
    /// A command waits for the welcome grant.
    pub held: Callback<()>,
    /// Messages have to wait until the worker takes them: these.
    pub waiting: Callback<Waiting>,
    /// The worker cannot run.
    pub died: Callback<()>,
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Client {
    /// Starts the worker, and tells these listeners what it says.
    pub fn start(listeners: Listeners) -> Self {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/worker.js", &options).ok();
        let client = Self(Rc::new(Inner {
            worker,
            listeners: Some(listeners),
            ..Inner::default()
        }));
        client.hear();
        client
    }

    /// Sends a message to the worker.
    pub fn post(&self, message: &ToWorker) {
        let Some(worker) = &self.0.worker else { return };
        let Ok(bytes) = postcard::to_allocvec(message) else {
            return;
        };
        let buffer = Uint8Array::from(bytes.as_slice()).buffer();
        let _ = worker.post_message_with_transfer(&buffer, &Array::of1(&buffer));
    }

    /// Submits a command, whatever becomes of it.
    pub fn submit(&self, command: Command) {
        self.submit_then(command, Callback::noop());
    }

    /// Submits a command and hears what became of it.
    pub fn submit_then(&self, command: Command, answered: Callback<CommandResult>) {
        if !matches!(command, Command::Post { .. }) {
            return self.ask(command, answered);
        }
        let pushed = self.0.unsent.borrow_mut().push(Line::new(command, answered));
        match pushed {
            Ok(true) => self.say_next(),
            Ok(false) => self.show_waiting(),
            Err(line) => self.refuse(&line),
        }
    }

    /// What waits goes back to who wrote it.
    pub fn take_back(&self) {
        // The first may be on its way just now: once that is known, all are answered.
        self.0.gives_up.set(self.0.unsent.borrow().first().is_some());
    }

    fn refuse(&self, line: &Line) {
        let result = CommandResult::Refused(CommandError::TooManyPending);
        if let Some(listeners) = &self.0.listeners {
            let id = self.new_id();
            let refusal = Event::Command {
                id,
                result: result.clone(),
            };
            listeners.arrived.emit(FromWorker::Event(refusal));
        }
        line.answer(result);
    }

    fn new_id(&self) -> CommandId {
        let id = self.0.next_id.get();
        self.0.next_id.set(id + 1);
        CommandId(id)
    }

    fn say_next(&self) {
        let next = self.0.unsent.borrow().first().cloned();
        if let Some(command) = next {
            let client = self.clone();
            self.ask(command, Callback::from(move |result| client.said(result)));
        }
    }

    /// The first line was answered, and it is the next one's turn.
    fn said(&self, result: CommandResult) {
        let pop = || self.0.unsent.borrow_mut().pop();
        if let Some(line) = pop() {
            line.answer(result);
        }
        if self.0.gives_up.take() {
            while let Some(line) = pop() {
                line.answer(CommandResult::Refused(CommandError::TooManyPending));
            }
        }
        self.show_waiting();
        self.say_next();
    }

    fn show_waiting(&self) {
        if let (true, Some(listeners)) = (self.0.are_waiting.get(), &self.0.listeners) {
            let waiting = self.0.unsent.borrow().waiting();
            self.0.are_waiting.set(!waiting.0.is_empty());
            listeners.waiting.emit(waiting);
        }
    }

    fn ask(&self, command: Command, answered: Callback<CommandResult>) {
        let id = self.new_id();
        let asked = Unanswered {
            command: command.clone(),
            answered,
            is_held: false,
        };
        self.0.unanswered.borrow_mut().insert(id, asked);
        self.post(&ToWorker::Submit { id, command });
    }

    /// Listens for the page's whole life, hence the closures that are never dropped.
    fn hear(&self) {
        let Some(listeners) = &self.0.listeners else {
            return;
        };
        let died = listeners.died.clone();
        let Some(worker) = &self.0.worker else {
            return died.emit(());
        };
        let client = self.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else {
                return;
            };
            let Ok(message) = postcard::from_bytes::<FromWorker>(&Uint8Array::new(&buffer).to_vec()) else {
                return;
            };
            client.take(message);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        let on_error = Closure::<dyn Fn()>::new(move || died.emit(()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_error.forget();
        let client = self.clone();
        browser::when_closing(move || client.0.farewell.leave());
    }

    fn take(&self, message: FromWorker) {
        let Some(listeners) = &self.0.listeners else {
            return;
        };
        match &message {
            FromWorker::Farewell(word) => {
                if let Some(answer) = self.0.farewell.obey(word.clone()) {
                    self.post(&ToWorker::Farewell(answer));
                }
                return;
            }
            FromWorker::Forgotten => self.0.farewell.forget(),
            FromWorker::Wallet(wallet) => self.0.is_grant_coming.set(wallet.grant == Some(Delivery::Sent)),
            FromWorker::Event(Event::Command { id, result }) => {
                let (id, result) = (*id, result.clone());
                if self.may_wait(id, &result) {
                    return self.hold(id, &result);
                }
                let asked = self.0.unanswered.borrow_mut().remove(&id);
                if !(self.0.gives_up.get() && is_crowded(&result)) {
                    listeners.arrived.emit(message);
                }
                if let Some(asked) = asked {
                    asked.answered.emit(result);
                }
                return;
            }
            _ => {}
        }
        listeners.arrived.emit(message);
    }

    /// Whether what was refused will do later. A newcomer's first words come before the first coins.
    fn may_wait(&self, id: CommandId, result: &CommandResult) -> bool {
        let is_post = || {
            let unanswered = self.0.unanswered.borrow();
            matches!(unanswered.get(&id), Some(asked) if matches!(asked.command, Command::Post { .. }))
        };
        if is_crowded(result) {
            is_post() && !self.0.gives_up.get()
        } else {
            lacks_coins(result) && self.0.is_grant_coming.get() && !(is_post() && self.0.gives_up.get())
        }
    }

    /// Asks again after a while, and says why once.
    fn hold(&self, id: CommandId, result: &CommandResult) {
        let (was_held, is_post) = match self.0.unanswered.borrow_mut().get_mut(&id) {
            Some(asked) => (
                std::mem::replace(&mut asked.is_held, true),
                matches!(asked.command, Command::Post { .. }),
            ),
            None => return,
        };
        if let (false, true, Some(listeners)) = (was_held, lacks_coins(result), &self.0.listeners) {
            listeners.held.emit(());
        }
        if is_post && !self.0.are_waiting.replace(true) {
            self.show_waiting();
        }
        let client = self.clone();
        let again = move || {
            let command = client
                .0
                .unanswered
                .borrow()
                .get(&id)
                .map(|asked| asked.command.clone());
            if let Some(command) = command {
                client.post(&ToWorker::Submit { id, command });
            }
        };
        Timeout::new(PATIENCE_MS, again).forget();
    }
}

const fn is_crowded(result: &CommandResult) -> bool {
    matches!(result, CommandResult::Refused(CommandError::TooManyPending))
}

const fn lacks_coins(result: &CommandResult) -> bool {
    matches!(
        result,
        CommandResult::Refused(CommandError::InsufficientFunds { .. })
    )
}

/// The client; outside of the app, one without a worker.
#[hook]
pub fn use_client() -> Client {
    use_context::<Client>().unwrap_or_else(|| Client(Rc::default()))
}

/// What signs upon a click: while its command is unanswered, more clicks do nothing. Every button that signs goes through this.
#[derive(Clone)]
pub struct Signing {
    client: Client,
    is_busy: Rc<Cell<bool>>,
    shown: UseStateHandle<bool>,
}

impl Signing {
    /// Whether a command is unanswered; the button shows it.
    pub fn is_busy(&self) -> bool {
        *self.shown
    }

    /// Asks for something, unless the last command is unanswered.
    pub fn sign(&self, command: Command, answered: Callback<CommandResult>) {
        // The state that is drawn comes too late for the second click of a double one.
        if self.is_busy.replace(true) {
            return;
        }
        self.shown.set(true);
        let (is_busy, shown) = (Rc::clone(&self.is_busy), self.shown.setter());
        let freed = Callback::from(move |result| {
            is_busy.set(false);
            shown.set(false);
            answered.emit(result);
        });
        self.client.submit_then(command, freed);
    }
}

/// What signs upon clicks of one button, or of several of which only one may at a time.
#[hook]
pub fn use_signing() -> Signing {
    let client = use_client();
    let shown = use_state_eq(|| false);
    let is_busy = use_memo((), |()| Rc::new(Cell::new(false)));
    Signing {
        client,
        is_busy: Rc::clone(&is_busy),
        shown,
    }
}

/// Tells the worker what this page shows, for as long as it shows.
#[hook]
pub fn use_watch(watch: Watch) {
    let client = use_client();
    use_effect_with(watch, move |watch| client.post(&ToWorker::Watch(watch.clone())));
}
