/** The server's API: JSON in, JSON out; what it refuses becomes an ApiError. */

let csrf = "";
let signInAgain = null;

/** `ask` is called when the server knows us no more; it resolves with whether we are the same person again. */
export function whenSignedOut(ask) {
  signInAgain = ask;
}

/** An answer that is no success; `status` is 0 when there was none at all. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error || (status ? `The server answered ${status}.` : "The server does not answer."));
    this.status = status;
    this.body = body ?? {};
  }
}

const underWay = new Set();

function call(...what) {
  const asked = send(...what);
  underWay.add(asked);
  const over = () => underWay.delete(asked);
  asked.then(over, over);
  return asked;
}

/** Resolves when nothing that was asked awaits its answer. */
export async function quiet() {
  while (underWay.size) await Promise.allSettled([...underWay]);
}

async function send(method, path, body, options = {}, tried = []) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRF-Token"] = csrf;
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body: method === "GET" ? undefined : JSON.stringify(body ?? {}), credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null);
  }
  const text = await response.text();
  const answer = text && response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
  if (response.ok) return answer;
  const remedy = remedyFor(method, path, response.status, answer);
  if (remedy && !tried.includes(remedy) && (await remedy())) return send(method, path, body, options, [...tried, remedy]);
  throw new ApiError(response.status, answer);
}

// A server that was started anew knows neither our token nor, where people sign in, us.
function remedyFor(method, path, status, answer) {
  if (status === 403 && method !== "GET" && answer?.error?.includes("X-CSRF-Token")) return me;
  return status === 401 && !UNASKED.test(path) ? signInAgain : null;
}

// What the page sends by itself asks nobody for a token; neither does a token that was wrong.
const UNASKED = /\/(login|claim|release)$/;

function query(parameters) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, value);
  }
  return search.toString();
}

const get = (path, parameters = {}, options = {}) => {
  const search = query(parameters);
  return call("GET", search ? `${path}?${search}` : path, null, options);
};
const post = (path, body, options) => call("POST", path, body, options);
const segment = (id) => `/api/segments/${id}`;

/** Who we are; keeps the token that every write needs. */
export async function me() {
  const answer = await get("/api/me");
  csrf = answer.csrf ?? "";
  return answer;
}

export async function login(token) {
  const answer = await post("/api/login", { token });
  csrf = answer.csrf;
  return answer;
}

export const logout = () => post("/api/logout");
export const choices = () => get("/api/choices");
export const queue = (filters, after, limit) => get("/api/queue", { ...filters, after, limit });
export const next = (filters, skip) => post("/api/next", { queue: filters, skip });
/** Who has the item; `take` takes it from whoever has it, which a reviewer may. */
export const claim = (id, take = false) => post(`${segment(id)}/claim`, { take });
export const release = (id) => post(`${segment(id)}/release`, {}, { keepalive: true });
export const read = (id) => get(segment(id));
export const save = (id, body) => post(`${segment(id)}/save`, body);
export const judge = (id, body) => post(`${segment(id)}/judge`, body);
export const skip = (id, seconds) => post(`${segment(id)}/skip`, { seconds });
export const restore = (id, body) => post(`${segment(id)}/restore`, body);
export const borders = (id, body) => post(`${segment(id)}/borders`, body);
export const split = (id, body) => post(`${segment(id)}/split`, body);
export const merge = (id, body) => post(`${segment(id)}/merge`, body);
export const words = (id, body) => post(`${segment(id)}/words`, body);
export const describe = (id, body) => post(`${segment(id)}/describe`, body);
export const undo = async (id) => (await post(`${segment(id)}/undo`)).saved;
export const pass = (id, body) => post(`${segment(id)}/pass`, body);
export const gold = (id) => post(`${segment(id)}/gold`);
export const notGold = (id) => call("DELETE", `${segment(id)}/gold`);
export const diff = (a, b) => get("/api/diff", { a, b });
export const segmentsBetween = (recording, start, end, signal) => get(`/api/recordings/${recording}/segments`, { start, end }, { signal });
export const peaks = (recording, window, signal) => get(`/api/recordings/${recording}/peaks`, window, { signal });
export const audioPath = (recording, channel) => `/api/recordings/${recording}/audio${channel === null ? "" : `?channel=${channel}`}`;
export const statistics = () => get("/api/stats");
