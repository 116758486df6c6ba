"""A client of the DWH web service as they are in the field: it knows the service's answers and nothing of gerbang.

Reads what `gerbang demo` leaves for any client (ca.pem, clients/, personas.json), asks about personas of every code and judges the
answers the way such clients do: content[0] alone, the absence of RESPONSE_CODE, the score in brackets, the words "tidak sesuai".

    python3 dwh_client.py DIR https://127.0.0.1:8443
"""

import http.client
import json
import pathlib
import re
import ssl
import sys
import urllib.parse

TEXTS = {"11": "Meninggal", "12": "Ganda", "13": "tidak terdapat", "14": "Non Aktif", "15": "tidak sesuai format"}
ASKED = ["NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "ALAMAT", "NAMA_LGKP_IBU", "NO_KK"]
SCORED = {"NAMA_LGKP", "TMPT_LHR", "ALAMAT", "NAMA_LGKP_IBU"}


class Lembaga:
    def __init__(self, directory, base, name):
        own = directory / "clients" / name
        self.account = json.loads((own / "account.json").read_text())
        context = ssl.create_default_context(cafile=directory / "ca.pem")
        context.load_cert_chain(own / "cert.pem", own / "key.pem")
        address = urllib.parse.urlsplit(base)
        self.connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=30, context=context)

    def call(self, method, body, prefix=""):
        path = f"/dukcapil/get_json/{prefix}{self.account['customer_id']}/{method}"
        self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "Accept": "application/json"})
        response = self.connection.getresponse()
        text = response.read().decode()
        expect(response.status == 200, f"{path}: {response.status} {text}")
        answer = json.loads(text)
        keys = ["content", "lastPage", "numberOfElements", "sort", "totalElements", "firstPage", "number", "size", "quotaLimiter"]
        expect(sorted(answer) == sorted(keys), f"the envelope: {sorted(answer)}")
        expect(isinstance(answer["quotaLimiter"], int), f"quotaLimiter: {answer['quotaLimiter']!r}")
        return answer["content"][0], answer["quotaLimiter"]

    def verify(self, nik, threshold, **values):
        body = {"NIK": nik, "TRESHOLD": threshold, **values, "transactionId": "t-1"}
        body |= {"user_id": self.account["user_id"], "password": self.account["password"], "ip_user": "127.0.0.1"}
        return self.call("CALL_VERIFY_BY_ELEMEN", body)

    def retrieve(self, nik):
        body = {"nik": nik, "USER_ID": self.account["user_id"], "PASSWORD": self.account["password"], "ip_users": "127.0.0.1"}
        return self.call("CALL_NIK", body)


def expect(holds, words):
    if not holds:
        sys.exit(words)


def is_match(value):
    return "tidak sesuai" not in value.lower()


def judged(content):
    """What field clients take from an answer: per element whether it matched, and the score where there is one."""
    expect("RESPONSE_CODE" not in content, f"refused: {content}")
    scores = {name: re.search(r"\((\d+)\)", value) for name, value in content.items()}
    return {name: (is_match(value), scores[name] and int(scores[name][1])) for name, value in content.items()}


def day_first(date):
    return "-".join(reversed(date.split("-")))


def check_resident(bank, persona):
    row = persona["row"]
    values = {name: row[name] for name in ASKED}
    values["TGL_LHR"] = day_first(row["TGL_LHR"])
    values["JENIS_KLMIN"] = row["JENIS_KLMIN"].capitalize()
    content, quota = bank.verify(persona["nik"], "90", **values, STATUS_KAWIN=" ")
    found = judged(content)
    expect(sorted(found) == sorted([*ASKED, "NIK"]), f"{persona['nik']}: elements {sorted(found)}")
    for name, (match, score) in found.items():
        expect(match and score == (100 if name in SCORED else None), f"{persona['nik']}: {name} {content[name]}")
    wrong, quota_after = bank.verify(persona["nik"], 80, NAMA_LGKP="QQQ XXX", TGL_LHR="01-01-1901")
    found = judged(wrong)
    expect(found["NAMA_LGKP"][0] is False and found["NAMA_LGKP"][1] < 80, f"a wrong name: {wrong}")
    expect(found["TGL_LHR"] == (False, None), f"a wrong date: {wrong}")
    expect(quota_after == quota - 1, f"quotaLimiter {quota} then {quota_after}")


def check_failure(content, code):
    expect(content.get("RESPONSE_CODE") == code, f"wanted {code}: {content}")
    for key in ["RESPONSE_DESC", "RESPONSE", "RESPON"]:
        expect(TEXTS.get(code, "") in content[key] and content[key], f"{key} of {code}: {content[key]}")
    expect(len(content) == 4, f"{code} carries elements: {sorted(content)}")


def main():
    directory, base = pathlib.Path(sys.argv[1]), sys.argv[2]
    personas = json.loads((directory / "personas.json").read_text())
    bank, hospital, office = (Lembaga(directory, base, name) for name in ["bank-antasari", "rsud-tapin", "dinsos-tapin"])
    seen = {}
    for persona in personas:
        code = persona["code"]
        seen[code] = seen.get(code, 0) + 1
        if code == "01":
            check_resident(bank, persona)
        else:
            check_failure(bank.verify(persona["nik"], "90", NAMA_LGKP="SIAPA SAJA", TGL_LHR="00-00-0000")[0], code)
        # The hospital may ask 20 times a second: once for each code.
        if seen[code] == 1:
            content, _ = hospital.retrieve(persona["nik"])
            if code == "01":
                granted = [element["name"] for element in hospital.account["elements"]]
                expect(content == {name: persona["row"][name] for name in granted}, f"retrieved: {content}")
            else:
                check_failure(content, code)
    expect(set(seen) == {"01", *TEXTS}, f"codes of personas: {sorted(seen)}")

    some = personas[0]["nik"]
    check_failure(bank.retrieve(some)[0], "08")
    check_failure(office.retrieve(some)[0], "08")
    bank.account["password"] += "x"
    check_failure(bank.verify(some, "90", NAMA_LGKP="A")[0], "03")
    hospital.account["user_id"] = ""
    check_failure(hospital.retrieve(some)[0], "09")
    print(f"ok: {len(personas)} personas of codes {' '.join(sorted(seen))}")


main()
