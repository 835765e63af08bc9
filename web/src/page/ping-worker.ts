// A clock that a hidden page's throttled timers do not slow down.
setInterval(() => postMessage(null), 15_000);
