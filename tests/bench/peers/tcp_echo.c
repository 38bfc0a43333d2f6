/* The floor: ticks to a server that only echoes them, and back. tcp_echo, or tcp_echo HOST:PORT - - INTERVAL_US */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <unistd.h>
#include "tick.h"

static int link_to_server;

static void no_delay(int socket) {
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void *echo(void *given) {
  int client = (int)(long)given;
  char bytes[4096];
  ssize_t length;
  while ((length = read(client, bytes, sizeof bytes)) > 0)
    if (write(client, bytes, length) != length) break;
  close(client);
  return NULL;
}

static void *receive(void *unused) {
  char bytes[4096];
  ssize_t length;
  while ((length = read(link_to_server, bytes, sizeof bytes - 1)) > 0) {
    double arrived = seconds(CLOCK_REALTIME);
    bytes[length] = 0;
    for (char *body = strtok(bytes, "\n"); body; body = strtok(NULL, "\n")) print_dt(body, arrived);
  }
  return unused;
}

static void publish(const char *body, int length) {
  char line[64];
  length = snprintf(line, sizeof line, "%.*s\n", length, body);
  if (write(link_to_server, line, length) != length) exit(1);
}

static int serve(void) {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  if (bind(server, (void *)&address, size) || listen(server, 8)) return 1;
  getsockname(server, (void *)&address, &size);
  printf("127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (int client; (client = accept(server, NULL, NULL)) >= 0;) {
    pthread_t thread;
    no_delay(client);
    pthread_create(&thread, NULL, echo, (void *)(long)client);
    pthread_detach(thread);
  }
  return 1;
}

int main(int count, char **args) {
  if (count == 1) return serve();
  if (count != 5) return 2;
  char *port = strchr(args[1], ':');
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port + 1))};
  *port = 0;
  inet_pton(AF_INET, args[1], &address.sin_addr);
  link_to_server = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(link_to_server, (void *)&address, sizeof address)) return 1;
  no_delay(link_to_server);
  pthread_t thread;
  pthread_create(&thread, NULL, receive, NULL);
  tick(atof(args[4]) / 1e6, publish);
}
