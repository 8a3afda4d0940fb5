"""The review page: routes call the stages, the page is plain files. Nothing here knows SQL, Prefect or weights."""
