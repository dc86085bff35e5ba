/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fresh process of bench_cold that asks a Redis server, by hiredis.
 *
 * cold_redis nothing
 * cold_redis incr SOCKET KEY        the cheapest thing that a server can count with
 * cold_redis gcra SOCKET SHA KEY    a decision: the script of cold_server.c
 *
 * Ends with 0: allow, 1: deny, 2 and more: it went wrong.
 */
#include <hiredis/hiredis.h>
#include <string.h>

#include "cold_stage.h"

static int ask(const char *socket, const char *script, const char *key)
{
  redisContext *server = redisConnectUnix(socket);
  redisReply *reply;
  int outcome = 3;

  if (server == NULL || server->err != 0)
    return 2;
  if (script == NULL)
    reply = redisCommand(server, "INCR %s", key);
  else
    reply = redisCommand(server, "EVALSHA %s 1 %s %d %d", script, key, COLD_INTERVAL_US,
                         COLD_BURST * COLD_INTERVAL_US);
  if (reply != NULL && reply->type == REDIS_REPLY_INTEGER)
    outcome = script != NULL && reply->integer == 0;
  freeReplyObject(reply);
  redisFree(server);
  return outcome;
}

int main(int count, char **arguments)
{
  if (count == 2 && strcmp(arguments[1], "nothing") == 0)
    return 0;
  if (count == 4 && strcmp(arguments[1], "incr") == 0)
    return ask(arguments[2], NULL, arguments[3]);
  if (count == 5 && strcmp(arguments[1], "gcra") == 0)
    return ask(arguments[2], arguments[3], arguments[4]);
  return 9;
}
