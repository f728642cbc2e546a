(class ToolError extends Error {
  constructor(message, { server, tool, code, retryable = false, details } = {}) {
    super(message);
    Object.assign(this, { server, tool, code, retryable });
    if (details !== undefined) this.details = details;
  }
  get name() { return "ToolError"; }
})
