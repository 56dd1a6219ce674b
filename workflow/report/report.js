// Runs at the end of Snakemake's report, see workflow/rules/report.smk. What is not there any more in
// another version of Snakemake is left as it is.
{
  const CONTENT = { "image/png": "img", "text/html": "html", "application/pdf": "pdf" };

  // A result and what is said of it stand side by side, from wherever one asks for it.
  const show = (path, place = "") => {
    const result = results[path];
    app.setView({
      navbarMode: "resultinfo",
      category: Object.keys(categories).find((name) =>
        Object.values(categories[name]).flat().includes(path)),
      resultPath: path,
      content: CONTENT[result.mime_type],
      contentPath: result.data_uri + place,
    });
  };
  App.prototype.showResultInfo = (path) => show(path);

  // Of a job's parameters a reader learns nothing: they are digests, and the whole description of a run.
  ResultInfo.prototype.getParamsAndWildcards = () => [];

  // A category of one page opens it.
  const { showCategory } = App.prototype;
  App.prototype.showCategory = function (category) {
    const paths = Object.values(categories[category]).flat();
    if (paths.length === 1) show(paths[0]);
    else showCategory.call(this, category);
  };

  // The search looks at numbers and captions too, whatever the case, and every search has results
  // of its own.
  const text = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;
  SearchResults.prototype.getResults = function () {
    const term = this.props.searchTerm;
    let finds = (words) => words.toLowerCase().includes(term.toLowerCase());
    if (term.startsWith("re:")) {
      try {
        const pattern = new RegExp(term.slice(3), "i");
        finds = (words) => pattern.test(words);
      } catch {
        finds = () => false;
      }
    }
    return Object.entries(results).filter(([path, result]) =>
      [path, ...Object.values(result.labels || {}), text(result.caption)].some(finds));
  };
  const { renderContent } = Navbar.prototype;
  Navbar.prototype.renderContent = function () {
    const { navbarMode, searchTerm } = this.props.app.state;
    return React.cloneElement(renderContent.call(this), { key: `${navbarMode} ${searchTerm}` });
  };

  // Figure 2 comes before figure 10.
  const { getData } = AbstractResults.prototype;
  AbstractResults.prototype.getData = function () {
    const data = getData.call(this);
    const order = new Intl.Collator("en", { numeric: true });
    data.entryLabelValues.sort((a, b) => order.compare(a.join(), b.join()));
    return data;
  };

  // On a narrow screen the content stands below all else: it is scrolled to.
  ContentDisplay.prototype.componentDidUpdate = function () {
    if (matchMedia("(max-width: 800px)").matches && this.trigger !== app.state.renderTrigger) {
      setTimeout(() => document.querySelector("#app .grow.h-screen").scrollIntoView(), 100);
    }
    this.trigger = app.state.renderTrigger;
  };

  // A page within the report asks what there is of all that it links to, and for one of them: see
  // workflow/lib/invariance/pages/links.js.
  const place = (name) => Object.keys(results).find((path) => path.endsWith(`/${name.split("#")[0]}`));
  window.addEventListener("message", ({ data, source }) => {
    if (data && data.links) source.postMessage({ has: data.links.filter((one) => one && place(one)) }, "*");
    const path = data && data.show && place(data.show);
    if (path) show(path, data.show.includes("#") ? `#${data.show.split("#")[1]}` : "");
  });
}
