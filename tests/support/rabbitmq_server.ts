/** A RabbitMQ broker of a test's own. */

import { findRabbitMq } from "../../lib/demo/rabbitmq_server.ts";

export * from "../../lib/demo/rabbitmq_server.ts";

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";

/** For a test of what only RabbitMQ can: ignored where it isn't installed. */
export const needsRabbitMq = { ignore: !canRun || !await findRabbitMq() };
