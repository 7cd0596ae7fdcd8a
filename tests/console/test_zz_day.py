import time, json
from sqlalchemy import event, text
from server.db import db
from tests.demo.played import demo_copy
from server.demo.staff import PASSWORD
from tests.conftest import *

def test_day(cluster):
    with demo_copy(cluster) as county, county.opened() as (app, clock):
        import logging
        with app.app_context():
            for login in ("township01","county","mediator01"):
                c = app.test_client()
                r = c.post("/sign-in", data={"login": login, "password": PASSWORD}, headers={"Origin":"http://localhost","Accept":"text/html"})
                print(login, r.status_code, r.headers.get("Location"))
                seen=[]
                def before(conn,cur,st,pa,ctx,many): ctx._t=time.perf_counter()
                def after(conn,cur,st,pa,ctx,many): seen.append((time.perf_counter()-ctx._t, st, pa))
                event.listen(db.engine,"before_cursor_execute",before); event.listen(db.engine,"after_cursor_execute",after)
                for path in ("/day","/flow","/flow?by=area","/rules"):
                    for rep in range(3):
                        seen.clear(); t=time.perf_counter(); p=time.process_time()
                        r=c.get(path, headers={"Accept":"text/html"})
                        print(login, path, r.status_code, "ms", round(1000*(time.perf_counter()-t)), "cpu", round(1000*(time.process_time()-p)), "statements", len(seen), "sql", round(1000*sum(s[0] for s in seen)), len(r.data))
                    if path in("/day","/flow?by=area"):
                        for s in sorted(seen,key=lambda s:-s[0])[:8]: print("   ", round(1000*s[0],1), " ".join(s[1].split())[:260])
                event.remove(db.engine,"before_cursor_execute",before); event.remove(db.engine,"after_cursor_execute",after)
