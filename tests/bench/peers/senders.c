/*
 * A fleet of senders in one process, for one observer: senders HOST:PORT COUNT INTERVAL_US SECONDS OBSERVER
 *
 * Sender n ticks on NNNN_tick, with a run, a header and a schedule of its own, one connection for each
 * hundred. All their slots are on one absolute grid: slot s of sender n is due at start + (s + n / COUNT) *
 * interval, so that they never tick at once; each joins within the first two seconds, and its last tick says
 * that it is. What the observer publishes on OBSERVER is echoed, ten times a second, as tick does it. The
 * frames are written here, without a library, of which a flusher thread would be the limit.
 *
 * Its own subscription of 0000_tick is the control: how long the way takes that is not the observer's.
 * At the end, or at SIGTERM, it prints what it sent, and how late it was itself, as JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PER_CONNECTION 100
#define BUFFER (1 << 18)
#define FRAME 1024
/* It sleeps for at least so long: what is due meanwhile goes in one write for each connection. */
#define REST_US 250
#define JOIN_US 2e6
/* So often an echo rides along, but on the first ticks. */
#define ECHO_US 100e3
#define FIRST_ECHOES 64
/* Delays up to a second, by 10 µs. */
#define BIN_US 10
#define BINS 100001

typedef struct {
  int socket, length;
  pthread_mutex_t lock;
  char buffer[BUFFER];
} Connection;

typedef struct {
  char run[9];
  long skipped, echoes, echoed_seq;
  double echoed_us;
} Sender;

typedef struct {
  long count, bins[BINS];
  double max;
} Delays;

/* The observer's newest tick, and how many came. */
static struct {
  char run[33], sign[64], real[32];
  long seq, received;
  pthread_mutex_t lock;
} heard = {.seq = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static volatile sig_atomic_t ended;
/* Connections of which the server has all. */
static volatile unsigned taken;
static struct sockaddr_in server;
static Connection *connections, control;
static unsigned connection_count;
static Delays late, way;

static void end(int signal) { (void)signal, ended = 1; }

static double now_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void fail(const char *what) { perror(what), exit(1); }

static void record(Delays *delays, double us) {
  int bin = us < 0 ? 0 : us / BIN_US >= BINS ? BINS - 1 : (int)(us / BIN_US);
  delays->bins[bin]++, delays->count++;
  if (us > delays->max) delays->max = us;
}

static double percentile(const Delays *delays, double percent) {
  long rank = (long)(delays->count * percent / 100 + 0.999999), sum = 0;
  for (int bin = 0; bin < BINS; bin++)
    if ((sum += delays->bins[bin]) >= rank && sum > 0) return (bin + 1) * BIN_US;
  return 0;
}

static void send_all(Connection *connection, const char *bytes, int length) {
  pthread_mutex_lock(&connection->lock);
  while (length > 0) {
    int sent = send(connection->socket, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes += sent, length -= sent;
  }
  pthread_mutex_unlock(&connection->lock);
}

static void dial(Connection *connection, const char *more) {
  int on = 1, size = 1 << 22;
  char text[512];
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  pthread_mutex_init(&connection->lock, NULL);
  setsockopt(connection->socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (connect(connection->socket, (struct sockaddr *)&server, sizeof server)) fail("connect");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int length = snprintf(text, sizeof text,
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"lang\":\"c\",\"version\":\"1\"}\r\n%s", more);
  send_all(connection, text, length);
}

/* Takes the value of a key out of a header, up to its end. */
static int value_of(const char *text, const char *key, char *value, int size) {
  const char *at = strstr(text, key);
  if (!at) return 0;
  at += strlen(key);
  int length = strcspn(at, ";\r");
  if (length >= size) return 0;
  memcpy(value, at, length), value[length] = 0;
  return 1;
}

/* One message that came on the control connection: the observer's tick, or a sender's own. */
static void take(int sid, const char *headers, const char *body, double real_us) {
  if (sid == 2) return record(&way, real_us - strtod(body, NULL) * 1e6);
  char run[33], seq[16];
  if (!value_of(headers, "run=", run, sizeof run) || !value_of(headers, "seq=", seq, sizeof seq)) return;
  pthread_mutex_lock(&heard.lock);
  heard.received++;
  heard.seq = atol(seq);
  strcpy(heard.run, run);
  snprintf(heard.sign, sizeof heard.sign, "%s", body);
  snprintf(heard.real, sizeof heard.real, "%.6f", real_us / 1e6);
  pthread_mutex_unlock(&heard.lock);
}

/* Takes the whole messages out of what was read; returns how much of it they were. */
static int take_all(char *bytes, int length, double real_us) {
  int at = 0;
  while (at < length) {
    char *line = bytes + at, *line_end = memmem(line, length - at, "\r\n", 2);
    if (!line_end) break;
    int next = line_end + 2 - bytes, sid, first, second;
    if (sscanf(line, "HMSG %*s %d %d %d\r\n", &sid, &first, &second) == 3) {
      if (next + second + 2 > length) break;
      char body[64], headers[FRAME];
      int body_length = second - first;
      if (body_length < (int)sizeof body && first < FRAME) {
        memcpy(headers, bytes + next, first), headers[first] = 0;
        memcpy(body, bytes + next + first, body_length), body[body_length] = 0;
        take(sid, headers, body, real_us);
      }
      next += second + 2;
    } else if (!strncmp(line, "PING", 4)) send_all(&control, "PONG\r\n", 6);
    else if (!strncmp(line, "-ERR", 4)) fprintf(stderr, "%.*s\n", (int)(line_end - line), line), exit(1);
    at = next;
  }
  return at;
}

/* Hears the observer and the control; answers the server's pings on all connections. */
static void *listen_all(void *nothing) {
  struct pollfd *polled = calloc(connection_count + 1, sizeof *polled);
  static char bytes[BUFFER];
  int length = 0;
  for (unsigned n = 0; n < connection_count; n++) polled[n] = (struct pollfd){connections[n].socket, POLLIN, 0};
  polled[connection_count] = (struct pollfd){control.socket, POLLIN, 0};
  while (poll(polled, connection_count + 1, -1) >= 0) {
    for (unsigned n = 0; n < connection_count; n++) {
      char said[4096];
      if (!polled[n].revents) continue;
      int count = recv(polled[n].fd, said, sizeof said - 1, 0);
      if (count <= 0) fprintf(stderr, "the server hung up\n"), exit(1);
      said[count] = 0;
      if (strstr(said, "PING\r\n")) send_all(&connections[n], "PONG\r\n", 6);
      if (strstr(said, "PONG\r\n")) taken++;
      if (strstr(said, "-ERR")) fprintf(stderr, "%s", said), exit(1);
    }
    if (!polled[connection_count].revents) continue;
    int count = recv(control.socket, bytes + length, BUFFER - length, 0);
    if (count <= 0) fprintf(stderr, "the server hung up\n"), exit(1);
    int taken = take_all(bytes, length += count, now_us(CLOCK_REALTIME));
    memmove(bytes, bytes + taken, length -= taken);
  }
  return nothing;
}

/* Writes the frame of one tick. */
static void tick(int n, Sender *sender, long seq, double late_us, int last, double mono_us) {
  Connection *connection = &connections[n / PER_CONNECTION];
  char body[32], header[FRAME], echo[256] = "";
  long sign_us = (long)now_us(CLOCK_REALTIME);
  int body_length = snprintf(body, sizeof body, "%ld.%06ld", sign_us / 1000000, sign_us % 1000000);
  int is_due = sender->echoes < FIRST_ECHOES || last || mono_us - sender->echoed_us >= ECHO_US;
  if (is_due && heard.seq >= 0) {
    pthread_mutex_lock(&heard.lock);
    if (heard.seq != sender->echoed_seq) {
      snprintf(echo, sizeof echo, "; rtt=300; echo=%s,%ld,%s,%s; heard=%ld,0,0,0,0", heard.run, heard.seq,
        heard.sign, heard.real, heard.received);
      sender->echoed_seq = heard.seq, sender->echoed_us = mono_us, sender->echoes++;
    }
    pthread_mutex_unlock(&heard.lock);
  }
  int header_length = snprintf(header, sizeof header,
    "NATS/1.0\r\nTick: 1; run=%s; seq=%ld; late=%ld; unsent=0; skipped=%ld%s%s\r\n\r\n", sender->run, seq,
    (long)late_us, sender->skipped, last ? "; last=1" : "", echo);
  connection->length += snprintf(connection->buffer + connection->length, FRAME,
    "HPUB %04d_tick %d %d\r\n%s%s\r\n", n, header_length, header_length + body_length, header, body);
}

static void flush_all(int force) {
  for (unsigned n = 0; n < connection_count; n++) {
    Connection *connection = &connections[n];
    if (connection->length == 0 || (!force && connection->length < BUFFER - FRAME)) continue;
    send_all(connection, connection->buffer, connection->length);
    connection->length = 0;
  }
}

int main(int count, char **args) {
  if (count != 6) return 2;
  char host[64], more[256];
  int port;
  if (sscanf(args[1], "%63[^:]:%d", host, &port) != 2) return 2;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host, &server.sin_addr) != 1) return 2;
  int n_senders = atoi(args[2]);
  if (n_senders < 1) return 2;
  double interval_us = atof(args[3]), seconds = atof(args[4]);

  Sender *senders = calloc(n_senders, sizeof *senders);
  srand(time(NULL) ^ getpid());
  for (int n = 0; n < n_senders; n++) {
    sprintf(senders[n].run, "%04x%04x", rand() & 0xffff, n & 0xffff);
    senders[n].echoed_seq = -1;
  }
  connection_count = (n_senders + PER_CONNECTION - 1) / PER_CONNECTION;
  connections = calloc(connection_count, sizeof *connections);
  for (unsigned n = 0; n < connection_count; n++) dial(&connections[n], "");
  snprintf(more, sizeof more, "SUB %s 1\r\nSUB 0000_tick 2\r\n", args[5]);
  dial(&control, more);
  pthread_t listener;
  if (pthread_create(&listener, NULL, listen_all, NULL)) fail("pthread_create");
  signal(SIGTERM, end), signal(SIGINT, end);

  long slots = (long)(seconds * 1e6 / interval_us), sent = 0, skipped = 0;
  long join_slots = (long)(JOIN_US / interval_us);
  double each_us = interval_us / n_senders, start_us = now_us(CLOCK_MONOTONIC) + 100e3, rested_us = start_us;
  int is_ending = 0;
  for (long k = 0; k < slots * n_senders;) {
    double due_us = start_us + k * each_us, until_us = due_us > rested_us + REST_US ? due_us : rested_us + REST_US;
    struct timespec until = {(time_t)(until_us / 1e6), (long)(until_us * 1e3) % 1000000000L};
    while (!ended && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    if (ended && !is_ending) is_ending = 1, slots = k / n_senders + 2 < slots ? k / n_senders + 2 : slots;
    double mono_us = rested_us = now_us(CLOCK_MONOTONIC);
    for (; k < slots * n_senders && (due_us = start_us + k * each_us) <= mono_us; k++) {
      int n = k % n_senders, last = k / n_senders == slots - 1;
      long seq = k / n_senders - join_slots * n / n_senders; /* later ones join later */
      if (seq < 0) continue;
      mono_us = now_us(CLOCK_MONOTONIC);
      /* The next one is due: this one is missed, as tick misses it. */
      if (mono_us - due_us >= interval_us && !last) {
        senders[n].skipped++, skipped++;
        continue;
      }
      tick(n, &senders[n], seq, mono_us - due_us, last, mono_us);
      record(&late, mono_us - due_us);
      sent++;
      if (connections[n / PER_CONNECTION].length > BUFFER - FRAME) flush_all(0);
    }
    flush_all(1);
    if (is_ending) ended = 0; /* the rest of its slots is slept for */
  }
  for (unsigned n = 0; n < connection_count; n++) send_all(&connections[n], "PING\r\n", 6);
  while (taken < connection_count) usleep(10000); /* what is still on its way to the server */
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu_s = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  double ran_s = (now_us(CLOCK_MONOTONIC) - start_us) / 1e6;
  printf("{\"sent\":%ld,\"skipped\":%ld,\"lateUs\":{\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f},"
    "\"wayUs\":{\"count\":%ld,\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f},\"echoed\":%ld,\"cpuPercent\":%.1f}\n",
    sent, skipped, percentile(&late, 50), percentile(&late, 99), late.max, way.count, percentile(&way, 50),
    percentile(&way, 99), way.max, heard.received, cpu_s / ran_s * 100);
  return 0;
}
