/* PostgreSQL by libpq: one connection, a prepared statement, binary parameter and results. Arguments: connection, file of NIKs,
   statement. The library's few calls are declared here, so that its headers need not be installed. */
#include <endian.h>
#include "look_up.h"

typedef struct PGconn PGconn;
typedef struct PGresult PGresult;
PGconn *PQconnectdb(const char *);
int PQstatus(const PGconn *);
PGresult *PQprepare(PGconn *, const char *, const char *, int, const unsigned *);
PGresult *PQexecPrepared(PGconn *, const char *, int, const char *const *, const int *, const int *, int);
int PQresultStatus(const PGresult *);
int PQntuples(const PGresult *);
char *PQgetvalue(const PGresult *, int, int);
void PQclear(PGresult *);
enum { OK = 0, COMMAND_OK = 1, TUPLES_OK = 2, INT8 = 20, BINARY = 1, COLUMNS = 10 };

static PGconn *connection;
static volatile const char *seen;

static int look_up(uint64_t nik) {
    uint64_t sent = htobe64(nik);
    const char *values[] = {(const char *)&sent};
    const int lengths[] = {8}, formats[] = {BINARY};
    PGresult *result = PQexecPrepared(connection, "look_up", 1, values, lengths, formats, BINARY);
    if (PQresultStatus(result) != TUPLES_OK) fail("PostgreSQL failed");
    int found = PQntuples(result);
    for (int column = 0; found && column < COLUMNS; column++) seen = PQgetvalue(result, 0, column);
    PQclear(result);
    return found;
}

int main(int count, char **arguments) {
    const unsigned types[] = {INT8};
    if (count != 4) fail("connection, file of NIKs, statement");
    connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != OK) fail("cannot connect");
    PGresult *prepared = PQprepare(connection, "look_up", arguments[3], 1, types);
    if (PQresultStatus(prepared) != COMMAND_OK) fail("cannot prepare");
    PQclear(prepared);
    measure(arguments[2], look_up);
    return 0;
}
