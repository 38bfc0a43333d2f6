/* A pair's end on nats.c: nats_c HOST:PORT PUBLISH SUBSCRIBE INTERVAL_US */
#include <nats/nats.h>
#include "tick.h"

static natsConnection *connection;
static const char *subject;

static void on_message(natsConnection *nc, natsSubscription *sub, natsMsg *message, void *closure) {
  double arrived = seconds(CLOCK_REALTIME);
  (void)nc, (void)sub, (void)closure;
  print_dt(natsMsg_GetData(message), arrived);
  natsMsg_Destroy(message);
}

static void publish(const char *body, int length) {
  natsConnection_Publish(connection, subject, body, length);
}

static void check(natsStatus status) {
  if (status == NATS_OK) return;
  fprintf(stderr, "%s\n", natsStatus_GetText(status));
  exit(1);
}

int main(int count, char **args) {
  natsOptions *options;
  natsSubscription *subscription;
  char url[128];
  if (count != 5) return 2;
  subject = args[2];
  snprintf(url, sizeof url, "nats://%s", args[1]);
  check(natsOptions_Create(&options));
  check(natsOptions_SetURL(options, url));
  check(natsOptions_SetSendAsap(options, true)); /* or else it gathers what it sends */
  check(natsConnection_Connect(&connection, options));
  check(natsConnection_Subscribe(&subscription, connection, args[3], on_message, NULL));
  tick(atof(args[4]) / 1e6, publish);
}
