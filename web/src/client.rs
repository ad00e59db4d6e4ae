//! The page's end of the bridge: starts the worker, posts wishes as transferred buffers, hands on what comes back.
//!
//! The worker decodes frames of strangers; what arrives here was encoded by our own code, and what does not decode is dropped.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use js_sys::{Array, ArrayBuffer, Uint8Array};
use ting_core::peer::{
    command::{Command, CommandId, CommandResult},
    event::Event,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::prelude::*;

use crate::bridge::{FromWorker, ToWorker, Watch};

/// The worker, and who waits for which answer. Clones are the same client.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    worker: Option<Worker>,
    next_id: Cell<u64>,
    waiting: Rc<RefCell<BTreeMap<CommandId, Callback<CommandResult>>>>,
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Client {
    /// Starts the worker. `arrived` gets every message, `died` is called when the worker cannot run.
    pub fn start(arrived: Callback<FromWorker>, died: Callback<()>) -> Self {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/worker.js", &options).ok();
        let waiting = Rc::default();
        match &worker {
            Some(worker) => hear(worker, Rc::clone(&waiting), arrived, died),
            None => died.emit(()),
        }
        Self(Rc::new(Inner {
            worker,
            next_id: Cell::new(1),
            waiting,
        }))
    }

    /// Tells the worker something.
    pub fn post(&self, message: &ToWorker) {
        let Some(worker) = &self.0.worker else { return };
        let Ok(bytes) = postcard::to_allocvec(message) else {
            return;
        };
        let buffer = Uint8Array::from(bytes.as_slice()).buffer();
        let _ = worker.post_message_with_transfer(&buffer, &Array::of1(&buffer));
    }

    /// Asks for something.
    pub fn submit(&self, command: Command) {
        self.post(&ToWorker::Submit {
            id: self.take_id(),
            command,
        });
    }

    /// Asks for something and hears what became of it.
    pub fn submit_then(&self, command: Command, answered: Callback<CommandResult>) {
        let id = self.take_id();
        self.0.waiting.borrow_mut().insert(id, answered);
        self.post(&ToWorker::Submit { id, command });
    }

    fn take_id(&self) -> CommandId {
        let id = self.0.next_id.get();
        self.0.next_id.set(id + 1);
        CommandId(id)
    }
}

type Waiting = Rc<RefCell<BTreeMap<CommandId, Callback<CommandResult>>>>;

/// Listens for the page's whole life, hence the closures that are never dropped.
fn hear(worker: &Worker, waiting: Waiting, arrived: Callback<FromWorker>, died: Callback<()>) {
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else {
            return;
        };
        let Ok(message) = postcard::from_bytes::<FromWorker>(&Uint8Array::new(&buffer).to_vec()) else {
            return;
        };
        let answer = match &message {
            FromWorker::Event(Event::Command { id, result }) => Some((*id, result.clone())),
            _ => None,
        };
        arrived.emit(message);
        if let Some((id, result)) = answer {
            let callback = waiting.borrow_mut().remove(&id);
            if let Some(callback) = callback {
                callback.emit(result);
            }
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn()>::new(move || died.emit(()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

/// The client.
///
/// # Panics
/// Never below [`crate::app`], which provides it.
#[hook]
pub fn use_client() -> Client {
    use_context::<Client>().unwrap_or_else(|| {
        let waiting = Rc::default();
        Client(Rc::new(Inner {
            worker: None,
            next_id: Cell::new(0),
            waiting,
        }))
    })
}

/// Tells the worker what this page shows, for as long as it shows.
#[hook]
pub fn use_watch(watch: Watch) {
    let client = use_client();
    use_effect_with(watch, move |watch| client.post(&ToWorker::Watch(watch.clone())));
}
